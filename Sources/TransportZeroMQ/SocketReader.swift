import CDuctusZeroMQ
import DuctusTransport

/// Takes messages from a socket into a batch. Used again and again, so that taking one costs no allocation.
final class SocketReader {
    private let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)

    init() { zmq_msg_init(message) }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    enum Outcome { case message, none, overlong }

    /// Takes one message, if there is one. One with more than `maximumFrames` frames is thrown away.
    /// - Parameter asksPeer: Whether to tell the batch who sent it; costs about a microsecond.
    func take(
        from socket: Socket, into batch: MessageBatch, maximumFrames: Int, asksPeer: Bool
    ) throws(TransportFault) -> Outcome {
        let outcome = try batch.frames.append(from: socket, maximumFrames: maximumFrames, through: message)
        // The last frame is still there, and carries what the connection tells like the others.
        if asksPeer, outcome == .message { batch.setPeer(PeerIdentity(of: message)) }
        return outcome
    }
}

extension MessageFrames {
    fileprivate mutating func append(
        from socket: Socket, maximumFrames: Int, through message: UnsafeMutablePointer<zmq_msg_t>
    ) throws(TransportFault) -> SocketReader.Outcome {
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
                append(UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
            }
            if zmq_msg_more(message) == 0 { break }
        }
        guard count <= maximumFrames else {
            dropOpenMessage()
            return .overlong
        }
        closeMessage()
        return .message
    }
}

extension PeerIdentity {
    /// ZeroMQ gives ipc peers the address `localhost:uid:gid:pid` (SO_PEERCRED).
    static func uid(fromAddress address: some StringProtocol) -> UInt32? {
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 4 ? UInt32(parts[1]) : nil
    }

    /// What the authenticator called it, else the user of this machine.
    init(of message: UnsafeMutablePointer<zmq_msg_t>) {
        if let user = zmq_msg_gets(message, "User-Id"), user.pointee != 0 {
            self = .key(String(cString: user))
        } else if let uid = zmq_msg_gets(message, "Peer-Address").flatMap({ Self.uid(fromAddress: String(cString: $0)) }
        ) {
            self = .localUser(uid)
        } else {
            self = .unknown
        }
    }
}
