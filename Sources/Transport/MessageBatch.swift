/// Messages that came in together, each of some frames. All bytes lie in one buffer that is used again for the next batch, so
/// that taking a message costs no allocation; a batch is valid only until the handler that got it returns.
package final class MessageBatch {
    /// The bytes, for the transport that fills the batch.
    package var frames = MessageFrames()
    @usableFromInline var peers: [PeerIdentity] = []
    private var connections: [UInt64] = []
    /// µs for which the transport let messages gather before it took these: their arrival was so long ago at most.
    package var held = 0

    package init() {}

    /// Messages in the batch.
    package var count: Int { frames.count }
    /// All payload in it.
    package var byteCount: Int { frames.byteCount }

    package func frameCount(_ message: Int) -> Int { frames.frameCount(message) }

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

    /// The sender of a message; `.unknown` if the transport was not asked to tell.
    package func peer(_ message: Int) -> PeerIdentity { message < peers.count ? peers[message] : .unknown }

    /// The transport's own number of the connection that it came on; 0 where the transport does not tell.
    package func connection(_ message: Int) -> UInt64 { message < connections.count ? connections[message] : 0 }

    /// Says who sent the message that was closed last, and on which connection.
    package func setPeer(_ peer: PeerIdentity, connection: UInt64 = 0) {
        while peers.count < count - 1 {
            peers.append(.unknown)
            connections.append(0)
        }
        peers.append(peer)
        connections.append(connection)
    }

    /// Adds a message.
    package func append(_ message: [[UInt8]], from peer: PeerIdentity) {
        for frame in message { frame.withUnsafeBytes { frames.append($0) } }
        frames.closeMessage()
        setPeer(peer)
    }

    package func removeAll() {
        frames.removeAll()
        peers.removeAll(keepingCapacity: true)
        connections.removeAll(keepingCapacity: true)
    }

    /// Takes the last message out again.
    package func removeLast() {
        frames.removeLast()
        guard peers.count > count else { return }
        peers.removeLast()
        connections.removeLast()
    }
}

/// The bytes of a batch, and where frames and messages end in them. A value of its own, because each access to a property of a
/// class is checked for exclusivity at run time: this makes it one check per message instead of a dozen.
package struct MessageFrames {
    @usableFromInline package var bytes: [UInt8] = []
    @usableFromInline package var frameEnds: [Int] = []
    @usableFromInline package var messageEnds: [Int] = []

    package init() {}

    @inlinable package var count: Int { messageEnds.count }
    @inlinable package var byteCount: Int { bytes.count }

    @inlinable package func firstFrame(_ message: Int) -> Int { message == 0 ? 0 : messageEnds[message - 1] }

    @inlinable package func frameCount(_ message: Int) -> Int { messageEnds[message] - firstFrame(message) }

    @inlinable package func range(_ message: Int, _ frame: Int) -> Range<Int> {
        let index = firstFrame(message) + frame
        precondition(frame >= 0 && index < messageEnds[message], "a message has no such frame")
        return (index == 0 ? 0 : frameEnds[index - 1])..<frameEnds[index]
    }

    /// Adds a frame to the message that is open.
    @inlinable package mutating func append(_ frame: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: frame)
        frameEnds.append(bytes.count)
    }

    /// The frames added since the last call are a message.
    @inlinable package mutating func closeMessage() { messageEnds.append(frameEnds.count) }

    /// A copy of the first frame of the message that is open; empty where none has come.
    package var firstOpenFrame: [UInt8] {
        let first = messageEnds.last ?? 0
        guard first < frameEnds.count else { return [] }
        return Array(bytes[(first == 0 ? 0 : frameEnds[first - 1])..<frameEnds[first]])
    }

    /// Forgets the frames of the message that is open.
    @inlinable package mutating func dropOpenMessage() {
        frameEnds.removeSubrange((messageEnds.last ?? 0)...)
        bytes.removeSubrange((frameEnds.last ?? 0)...)
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        frameEnds.removeAll(keepingCapacity: true)
        messageEnds.removeAll(keepingCapacity: true)
    }

    package mutating func removeLast() {
        guard messageEnds.popLast() != nil else { return }
        dropOpenMessage()
    }
}
