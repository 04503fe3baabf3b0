import Glibc
import Testing

/// A connection to a socket file or a port of this machine, below any protocol.
final class RawConnection {
    private let descriptor: Int32

    /// ZMTP 3.0: signature, version, mechanism NULL, as a client.
    static let greeting: [UInt8] =
        [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 16 + 1 + 31)

    init(to path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0, "\(path): \(String(cString: strerror(errno)))")
    }

    /// To a port of loopback.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0, "\(port): \(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// What follows the greeting: a socket of this kind is ready.
    static func ready(_ kind: String) -> [UInt8] {
        let body = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, UInt8(kind.utf8.count)]
        return [4, UInt8(body.count + kind.utf8.count)] + body + Array(kind.utf8)
    }

    /// A message of one long frame, or, with `more`, a frame that others follow.
    static func message(_ bytes: [UInt8], more: Bool = false) -> [UInt8] {
        withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { [more ? 3 : 2] + Array($0) + bytes }
    }

    /// A message of topic and payload.
    static func publication(_ topic: String, _ payload: [UInt8]) -> [UInt8] {
        message(Array(topic.utf8), more: true) + message(payload)
    }

    /// Greets, waits for the other's greeting, and says what it is. libzmq passes over what comes in one piece with a greeting.
    func introduce(as kind: String) {
        send(Self.greeting)
        var greeting = [UInt8](repeating: 0, count: 64)
        recv(descriptor, &greeting, greeting.count, Int32(MSG_WAITALL))
        send(Self.ready(kind))
    }

    /// Nothing more is sent; what the other side says is still heard.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What the other side says until it hangs up, or is silent for so long.
    func answer(within seconds: Int = 20) -> String {
        wait(seconds)
        var (answer, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 { answer += bytes.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }

    private func wait(_ seconds: Int) {
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Whether the other side has hung up; waits for it.
    func isEnded(within seconds: Int) -> Bool {
        wait(seconds)
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count <= 0 { return count == 0 || errno == ECONNRESET || errno == EPIPE }
        }
    }

    /// Sends what the other side takes; it may hang up at any byte.
    /// - Returns: Whether it took all of it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}
