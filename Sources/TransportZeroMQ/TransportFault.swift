import CDuctusZeroMQ
import Glibc

/// The errors of sockets. `code` is the `errno` that ZeroMQ left.
package enum TransportFault: Error, Equatable, CustomStringConvertible {
    case endpoint(String)
    case key(String)
    case context(code: Int32)
    case socket(Socket.Kind, code: Int32)
    case option(String, of: Socket.Kind, code: Int32)
    case bind(String, code: Int32)
    case connect(String, code: Int32)
    case permissions(String, code: Int32)
    case send(Socket.Kind, code: Int32)
    case receive(Socket.Kind, code: Int32)
    case poll(code: Int32)
    case signal(code: Int32)
    case thread(code: Int32)
    /// No answer within the time allowed.
    case timeout(waitingFor: String, endpoint: String, milliseconds: Int)
    /// The other side turned the handshake down.
    case refused(endpoint: String, reason: String)

    package var description: String {
        switch self {
        case .endpoint(let text):
            "'\(text)' is no endpoint: write ipc:///path/to/socket, tcp://host:port or inproc://name"
        case .key(let what):
            "\(what) is no CURVE key: 40 characters of Z85 are needed; make a pair with 'ductus keygen'"
        case .context(let code):
            "cannot start ZeroMQ: \(Self.text(code))"
        case .socket(let kind, let code):
            "cannot open a \(kind.rawValue) socket: \(Self.text(code))"
        case .option(let name, let kind, let code):
            "cannot set \(name) on a \(kind.rawValue) socket: \(Self.text(code))"
        case .bind(let endpoint, let code):
            "cannot listen on \(endpoint): \(Self.text(code))\(Self.remedy(code))"
        case .connect(let endpoint, let code):
            "cannot connect to \(endpoint): \(Self.text(code))\(Self.remedy(code))"
        case .permissions(let endpoint, let code):
            "cannot set the permissions of \(endpoint): \(Self.text(code))"
        case .send(let kind, let code):
            "cannot send on a \(kind.rawValue) socket: \(Self.text(code))"
        case .receive(let kind, let code):
            "cannot receive on a \(kind.rawValue) socket: \(Self.text(code))"
        case .poll(let code):
            "cannot wait for sockets: \(Self.text(code))"
        case .signal(let code):
            "cannot open an event descriptor: \(Self.text(code)); raise the limit of open files"
        case .thread(let code):
            "cannot start a thread: \(Self.text(code))"
        case .timeout(let what, let endpoint, let milliseconds):
            "no \(what) from \(endpoint) within \(milliseconds) ms: is the daemon running there?"
        case .refused(let endpoint, let reason):
            "\(endpoint) refused the connection: \(reason)"
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: zmq_strerror(code)) }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case EADDRINUSE: "; another process listens there"
        case EACCES: "; the directory is not writable for this user"
        case ENOENT, ENOTDIR: "; its directory does not exist"
        case ENAMETOOLONG: "; a socket's path has at most 107 bytes"
        default: ""
        }
    }
}
