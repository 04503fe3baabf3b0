import CDuctusZeroMQ
import DuctusTransport
import Foundation

/// Takes messages from a socket into a batch. Used again and again, so that taking one costs no allocation.
final class SocketReader {
    /// Asked before a long frame is copied; a no throws the message away.
    typealias Question = (_ bytes: Int, _ topic: [UInt8], PeerIdentity) -> Bool

    /// Frames that are shorter are copied without a question.
    fileprivate static let long = 16 << 10

    private let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)

    init() { zmq_msg_init(message) }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    enum Outcome { case message, none, overlong, refused }

    /// Takes one message, if there is one. One with more than `maximumFrames` frames is thrown away.
    /// - Parameters:
    ///   - asksPeer: Whether to tell the batch who sent it, and on which connection; costs about a microsecond.
    ///   - hasRoom: Asked about long frames, where peers are asked for.
    func receive(
        from socket: Socket, into batch: MessageBatch, maximumFrames: Int, asksPeer: Bool, hasRoom: Question?
    ) throws(TransportFault) -> Outcome {
        var size = (frames: 0, bytes: 0)
        let outcome = try batch.frames.append(
            from: socket, maximumFrames: maximumFrames, through: message, size: &size, hasRoom: asksPeer ? hasRoom : nil
        )
        // The last frame is still there, and carries what the connection tells like the others.
        guard asksPeer, outcome != .none else { return outcome }
        let flow = Flow.consumed(from: zmq_msg_get(message, ZMQ_SRCFD), frames: size.frames, bytes: size.bytes)
        if outcome == .message { batch.setPeer(PeerIdentity(of: message), connection: flow.number) }
        return outcome
    }
}

extension MessageFrames {
    fileprivate mutating func append(
        from socket: Socket, maximumFrames: Int, through message: UnsafeMutablePointer<zmq_msg_t>,
        size: inout (frames: Int, bytes: Int), hasRoom: SocketReader.Question?
    ) throws(TransportFault) -> SocketReader.Outcome {
        var isRefused = false
        while true {
            guard zmq_msg_recv(message, socket.handle, ZMQ_DONTWAIT) >= 0 else {
                switch zmq_errno() {
                case EINTR: continue
                case EAGAIN: return .none
                case let code: throw .receive(socket.kind, code: code)
                }
            }
            let bytes = zmq_msg_size(message)
            size = (size.frames + 1, size.bytes + bytes)
            if bytes >= SocketReader.long, let hasRoom, !isRefused {
                isRefused = !hasRoom(bytes, firstOpenFrame, PeerIdentity(of: message))
            }
            if size.frames <= maximumFrames, !isRefused {
                append(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: bytes))
            }
            if zmq_msg_more(message) == 0 { break }
        }
        guard size.frames <= maximumFrames, !isRefused else {
            dropOpenMessage()
            return isRefused ? .refused : .overlong
        }
        closeMessage()
        return .message
    }
}

extension PeerIdentity {
    /// ZeroMQ gives ipc peers the address `localhost:uid:gid:pid` (SO_PEERCRED); an address of IPv6 may have as many colons, but no such name.
    /// Asked for each message: it makes no text of it.
    package static func uid(fromAddress address: UnsafePointer<CChar>) -> UInt32? {
        guard strncmp(address, "localhost:", 10) == 0 else { return nil }
        let colon = CChar(bitPattern: UInt8(ascii: ":"))
        var (colons, uid, digits) = (1, UInt64(0), 0)
        var next = address + 10
        while next.pointee != 0 {
            if next.pointee == colon {
                colons += 1
            } else if colons == 1 {
                guard let digit = UInt8(exactly: next.pointee &- 48), digit < 10, digits < 10 else { return nil }
                (uid, digits) = (uid * 10 + UInt64(digit), digits + 1)
            }
            next += 1
        }
        return colons == 3 && digits > 0 ? UInt32(exactly: uid) : nil
    }

    /// The identity of the peer: that of the authenticator, else the user of this machine.
    init(of message: UnsafeMutablePointer<zmq_msg_t>) {
        if let user = zmq_msg_gets(message, "User-Id"), user.pointee != 0 {
            self = .key(String(cString: user))
        } else if let uid = zmq_msg_gets(message, "Peer-Address").flatMap(Self.uid) {
            self = .localUser(uid)
        } else {
            self = .unknown
        }
    }
}
