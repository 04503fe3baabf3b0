import CDuctusHandover
import Glibc

/// A socket of the system that listens where an endpoint says, over ipc or TCP. Closed, and its file removed, with the object.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    /// With wildcards resolved: `tcp://127.0.0.1:*` gets its port.
    let endpoint: Endpoint
    let family: Handover.Family

    /// Connections that wait to be accepted; more are turned away by the system.
    private static let backlog: Int32 = 128

    /// - Parameter permissions: Of the file of an ipc socket.
    /// - Throws: `TransportFault.bind`, `.permissions`.
    init(_ endpoint: Endpoint, permissions: UInt32) throws(TransportFault) {
        switch endpoint.scheme {
        case .ipc:
            family = .unix
            descriptor = try Self.unix(endpoint, permissions)
            self.endpoint = endpoint
        case .tcp:
            family = .internet
            (descriptor, self.endpoint) = try Self.internet(endpoint)
        case .inproc:
            throw .bind(endpoint.description, code: EPROTONOSUPPORT)
        }
    }

    deinit {
        close(descriptor)
        if let path = endpoint.path { unlink(path) }
    }

    /// The next connection that waits; nil if none does.
    /// - Throws: The error's number where the process has no descriptor left, or memory.
    func accept() throws(AcceptFault) -> Int32? {
        while true {
            let connection = ductus_accept(descriptor)
            if connection >= 0 { return connection }
            switch errno {
            case EINTR, ECONNABORTED, EPROTO: continue
            case EAGAIN: return nil
            case let code: throw AcceptFault(code: code)
            }
        }
    }

    struct AcceptFault: Error {
        var code: Int32
    }

    private static func open(_ domain: Int32, _ endpoint: Endpoint) throws(TransportFault) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(domain, type, 0)
        guard descriptor >= 0 else { throw .bind(endpoint.description, code: errno) }
        return descriptor
    }

    private static func unix(_ endpoint: Endpoint, _ permissions: UInt32) throws(TransportFault) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The name of an abstract socket begins with a zero.
        let name =
            endpoint.address.hasPrefix("@") ? [0] + endpoint.address.utf8.dropFirst() : Array(endpoint.address.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .bind(endpoint.description, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = MemoryLayout<sa_family_t>.size + name.count + (endpoint.path == nil ? 0 : 1)
        let descriptor = try open(AF_UNIX, endpoint)
        // This may be the file of an earlier daemon. The lock of the runtime directory ensures that no daemon runs now.
        if let path = endpoint.path { unlink(path) }
        // Before there is a file: it must not be open to others for a moment.
        fchmod(descriptor, permissions)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
        }
        guard status == 0, listen(descriptor, backlog) == 0 else {
            let code = errno
            close(descriptor)
            throw .bind(endpoint.description, code: code)
        }
        // The file's rights were cut by the process's mask.
        if let path = endpoint.path, chmod(path, permissions) != 0 {
            let code = errno
            close(descriptor)
            throw .permissions(endpoint.description, code: code)
        }
        return descriptor
    }

    private static func internet(_ endpoint: Endpoint) throws(TransportFault) -> (Int32, Endpoint) {
        guard let colon = endpoint.address.lastIndex(of: ":") else { throw .endpoint(endpoint.description) }
        var host = String(endpoint.address[..<colon])
        var port = String(endpoint.address[endpoint.address.index(after: colon)...])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if port == "*" { port = "0" }
        guard !host.isEmpty, UInt16(port) != nil else { throw .endpoint(endpoint.description) }
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_family = host.contains(":") ? AF_INET6 : AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let name = host == "*" ? nil : NetworkInterface.address(of: host) ?? host
        guard getaddrinfo(name, port, &hints, &found) == 0, let address = found else {
            throw .bind(endpoint.description, code: EADDRNOTAVAIL)
        }
        defer { freeaddrinfo(found) }
        let descriptor = try open(address.pointee.ai_family, endpoint)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
            listen(descriptor, backlog) == 0
        else {
            let code = errno
            close(descriptor)
            throw .bind(endpoint.description, code: code)
        }
        return (descriptor, try Endpoint("tcp://\(endpoint.address[..<colon]):\(boundPort(descriptor))"))
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
            return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                // The port lies at the same place for both families.
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }
}

/// The network's interfaces, by name.
enum NetworkInterface {
    /// The IPv4 address of an interface (`eth0`); nil where there is none of that name.
    static func address(of name: String) -> String? {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        for entry in sequence(first: list, next: { $0?.pointee.ifa_next }) {
            guard let entry, String(cString: entry.pointee.ifa_name) == name, let address = entry.pointee.ifa_addr,
                Int32(address.pointee.sa_family) == AF_INET
            else { continue }
            var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard getnameinfo(address, size, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            return String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return nil
    }
}
