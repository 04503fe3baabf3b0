import DuctusTransport
import DuctusWeb
import Foundation
import NIOHTTP1
import Synchronization
import Testing

/// A server on a port of loopback that the system chose, with whatever routes a test needs, and a plain socket to it.
final class Door {
    static let token = String(repeating: "a", count: 48)

    let server: WebServer
    let port: Int
    let counters = WebCounters()

    init(
        _ routes: [WebRoute] = Door.routes, limits: WebLimits = WebLimits(), names: [String] = [],
        sockets: (any WebSocketService)? = nil
    ) throws {
        let credentials = WebCredentials(
            owner: .localUser(1000), clients: [.init(name: "desk", tokenHash: WebCredentials.hash("desk's token"))],
            token: Self.token)
        server = try WebServer(host: "127.0.0.1", limits: limits, counters: counters, sockets: sockets) { port in
            WebGate(
                names: WebNames(host: "127.0.0.1", port: port, isEncrypted: false, names: names),
                routes: WebRoutes(routes), credentials: credentials, isLoopback: true)
        }
        port = try server.start(port: 0)
    }

    deinit { server.stop() }

    /// A probe, an open page, an echo that needs a token.
    static let routes = [
        WebRoute(.GET, "/health/live", .probe) { _, reply in reply(.text("live\n")) },
        WebRoute(.GET, "/page", .open) { _, reply in reply(.text("page")) },
        WebRoute(.POST, "/echo", .token, bodyBytes: 4096) { request, reply in
            // From another thread, as answers come.
            DispatchQueue.global().async {
                reply(
                    .text("\(request.peer?.description ?? "nobody"): \(String(decoding: request.body, as: UTF8.self))"))
            }
        },
    ]

    /// Head fields that every request needs.
    var host: String { "Host: 127.0.0.1:\(port)\r\n" }
    var bearer: String { "Authorization: Bearer \(Self.token)\r\n" }

    func connect() throws -> PlainSocket { try PlainSocket(port: port) }

    /// One request, and all that comes until the other side closes.
    func exchange(_ request: String) throws -> String {
        let socket = try connect()
        try socket.send(Array(request.utf8))
        return String(decoding: socket.readAll(), as: UTF8.self)
    }

    /// The status of the answer to one request.
    func status(_ request: String) throws -> Int {
        let answer = try exchange(request)
        return try #require(Int(answer.dropFirst(9).prefix(3)), "no answer: \(answer.prefix(80))")
    }
}

/// A TCP socket without any protocol.
final class PlainSocket {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends what the other side takes; a refusal shows in what is read.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
    }

    /// Until the other side closes.
    func readAll() -> [UInt8] {
        var answer: [UInt8] = []
        while let part = read(atMost: 65_536), !part.isEmpty { answer += part }
        return answer
    }

    /// Nil at the end, or after an error.
    func read(atMost count: Int) -> [UInt8]? {
        var part = [UInt8](repeating: 0, count: count)
        let read = Glibc.read(descriptor, &part, count)
        return read > 0 ? Array(part.prefix(read)) : nil
    }

    /// So many bytes, or fewer at the end.
    func read(exactly count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let part = read(atMost: count - bytes.count) { bytes += part }
        return bytes
    }

    /// Up to the empty line after a response's head.
    func readHead() -> String {
        var head: [UInt8] = []
        while !head.ends(with: "\r\n\r\n".utf8), let byte = read(atMost: 1) { head += byte }
        return String(decoding: head, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: some Collection<UInt8>) -> Bool {
        self.suffix(suffix.count).elementsEqual(suffix)
    }
}
