import CZeroMQ

/// Messages taken from a socket in one go. All bytes lie in one buffer that is used again for the next batch, so that
/// taking a message costs no allocation; a batch is valid only until the handler that got it returns.
package final class MessageBatch {
    private var bytes: [UInt8] = []
    /// Ends of the frames in `bytes`, and of the messages in `frameEnds`.
    private var frameEnds: [Int] = []
    private var messageEnds: [Int] = []
    private var peers: [Peer] = []
    private var message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)

    package init() { zmq_msg_init(message) }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    /// Messages in the batch.
    package var count: Int { messageEnds.count }
    /// All payload in it.
    package var byteCount: Int { bytes.count }

    package func frameCount(_ message: Int) -> Int { messageEnds[message] - firstFrame(message) }

    /// The bytes of one frame, in place. They must not outlive `body`.
    package func withFrame<Result, Fault: Error>(
        _ message: Int, _ frame: Int, _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let range = range(message, frame)
        // `withUnsafeBytes` of an array only rethrows untyped errors.
        let outcome = bytes.withUnsafeBytes { buffer -> Swift.Result<Result, Fault> in
            do throws(Fault) {
                return .success(try body(UnsafeRawBufferPointer(rebasing: buffer[range])))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// A copy of one frame.
    package func frame(_ message: Int, _ frame: Int) -> [UInt8] { Array(bytes[range(message, frame)]) }

    /// Copies of all frames of a message.
    package func frames(_ message: Int) -> [[UInt8]] { (0..<frameCount(message)).map { frame(message, $0) } }

    /// Who sent it. Known only where the port asked for peers.
    package func peer(_ message: Int) -> Peer { message < peers.count ? peers[message] : Peer() }

    private func firstFrame(_ message: Int) -> Int { message == 0 ? 0 : messageEnds[message - 1] }

    private func range(_ message: Int, _ frame: Int) -> Range<Int> {
        let index = firstFrame(message) + frame
        precondition(frame >= 0 && index < messageEnds[message], "a message has no such frame")
        return (index == 0 ? 0 : frameEnds[index - 1])..<frameEnds[index]
    }

    // MARK: Filling

    func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        frameEnds.removeAll(keepingCapacity: true)
        messageEnds.removeAll(keepingCapacity: true)
        peers.removeAll(keepingCapacity: true)
    }

    /// Takes the last message out again.
    func removeLast() {
        guard messageEnds.popLast() != nil else { return }
        if peers.count > messageEnds.count { peers.removeLast() }
        frameEnds.removeSubrange((messageEnds.last ?? 0)...)
        bytes.removeSubrange((frameEnds.last ?? 0)...)
    }

    enum Outcome { case message, none, overlong }

    /// Takes one message, if there is one. One with more than `maximumFrames` frames is thrown away.
    func append(from socket: Socket, maximumFrames: Int, asksPeer: Bool) throws(TransportFault) -> Outcome {
        let (byteMark, frameMark) = (bytes.count, frameEnds.count)
        var frames = 0
        var peer: Peer?
        while true {
            guard zmq_msg_recv(message, socket.handle, ZMQ_DONTWAIT) >= 0 else {
                switch zmq_errno() {
                case EINTR: continue
                case EAGAIN: return .none
                case let code: throw .receive(socket.kind, code: code)
                }
            }
            frames += 1
            if frames <= maximumFrames {
                bytes.append(contentsOf: UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
                frameEnds.append(bytes.count)
                if asksPeer, peer == nil { peer = Peer(of: message) }
            }
            if zmq_msg_more(message) == 0 { break }
        }
        if frames > maximumFrames {
            bytes.removeSubrange(byteMark...)
            frameEnds.removeSubrange(frameMark...)
            return .overlong
        }
        messageEnds.append(frameEnds.count)
        if asksPeer { peers.append(peer ?? Peer()) }
        return .message
    }
}
