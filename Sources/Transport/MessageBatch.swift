import CDuctusZeroMQ

/// Messages taken from a socket in one go. All bytes lie in one buffer that is used again for the next batch, so that
/// taking a message costs no allocation; a batch is valid only until the handler that got it returns.
package final class MessageBatch {
    @usableFromInline var frames = Frames()
    private var peers: [Peer] = []
    /// µs for which the reactor let messages gather before it took these: their arrival was so long ago at most.
    package internal(set) var held = 0
    private let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)

    package init() { zmq_msg_init(message) }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    /// Messages in the batch.
    package var count: Int { frames.messageEnds.count }
    /// All payload in it.
    package var byteCount: Int { frames.bytes.count }

    package func frameCount(_ message: Int) -> Int { frames.messageEnds[message] - frames.firstFrame(message) }

    /// The bytes of one frame, in place. They must not outlive `body`.
    @inlinable package func withFrame<Result, Fault: Error>(
        _ message: Int, _ frame: Int, _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let range = frames.range(message, frame)
        return try frames.bytes.withUnsafeBufferPointer { bytes throws(Fault) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[range])))
        }
    }

    /// A copy of one frame.
    package func frame(_ message: Int, _ frame: Int) -> [UInt8] { Array(frames.bytes[frames.range(message, frame)]) }

    /// Copies of all frames of a message.
    package func frames(_ message: Int) -> [[UInt8]] { (0..<frameCount(message)).map { frame(message, $0) } }

    /// Who sent it. Known only where the port asked for peers.
    package func peer(_ message: Int) -> Peer { message < peers.count ? peers[message] : Peer() }

    func removeAll() {
        frames.removeAll()
        peers.removeAll(keepingCapacity: true)
    }

    /// Takes the last message out again.
    func removeLast() {
        frames.removeLast()
        if peers.count > count { peers.removeLast() }
    }

    enum Outcome { case message, none, overlong }

    /// Takes one message, if there is one. One with more than `maximumFrames` frames is thrown away.
    func append(from socket: Socket, maximumFrames: Int, asksPeer: Bool) throws(TransportFault) -> Outcome {
        let outcome = try frames.append(from: socket, maximumFrames: maximumFrames, through: message)
        // The last frame is still there, and carries what the connection tells like the others.
        if asksPeer, outcome == .message { peers.append(Peer(of: message)) }
        return outcome
    }

    /// The bytes and where frames and messages end in them. A value of its own, because each access to a property of a
    /// class is checked for exclusivity at run time: this makes it one check per message instead of a dozen.
    @usableFromInline struct Frames {
        @usableFromInline var bytes: [UInt8] = []
        @usableFromInline var frameEnds: [Int] = []
        @usableFromInline var messageEnds: [Int] = []

        @inlinable func firstFrame(_ message: Int) -> Int { message == 0 ? 0 : messageEnds[message - 1] }

        @inlinable func range(_ message: Int, _ frame: Int) -> Range<Int> {
            let index = firstFrame(message) + frame
            precondition(frame >= 0 && index < messageEnds[message], "a message has no such frame")
            return (index == 0 ? 0 : frameEnds[index - 1])..<frameEnds[index]
        }

        mutating func removeAll() {
            bytes.removeAll(keepingCapacity: true)
            frameEnds.removeAll(keepingCapacity: true)
            messageEnds.removeAll(keepingCapacity: true)
        }

        mutating func removeLast() {
            guard messageEnds.popLast() != nil else { return }
            frameEnds.removeSubrange((messageEnds.last ?? 0)...)
            bytes.removeSubrange((frameEnds.last ?? 0)...)
        }

        mutating func append(
            from socket: Socket, maximumFrames: Int, through message: UnsafeMutablePointer<zmq_msg_t>
        ) throws(TransportFault) -> Outcome {
            let (byteMark, frameMark) = (bytes.count, frameEnds.count)
            var count = 0
            while true {
                guard zmq_msg_recv(message, socket.handle, ZMQ_DONTWAIT) >= 0 else {
                    switch zmq_errno() {
                    case EINTR: continue
                    case EAGAIN: return .none
                    case let code: throw .receive(socket.kind, code: code)
                    }
                }
                count += 1
                if count <= maximumFrames {
                    bytes.append(
                        contentsOf: UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
                    frameEnds.append(bytes.count)
                }
                if zmq_msg_more(message) == 0 { break }
            }
            guard count <= maximumFrames else {
                bytes.removeSubrange(byteMark...)
                frameEnds.removeSubrange(frameMark...)
                return .overlong
            }
            messageEnds.append(frameEnds.count)
            return .message
        }
    }
}
