import CDuctusHandover
import Glibc

/// The origin of a connection, as far as the kernel tells before anything was sent. Connections are counted for it.
package enum ConnectionOrigin: Hashable, Sendable, CustomStringConvertible {
    case user(UInt32)
    case address(String)

    package var description: String {
        switch self {
        case .user(let uid): "uid \(uid)"
        case .address(let text): text
        }
    }

    init(of descriptor: Int32) {
        var user: UInt32 = 0
        if ductus_peer_user(descriptor, &user) {
            self = .user(user)
            return
        }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &size) == 0
                    ? getnameinfo(address, size, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) : -1
            }
        }
        self = .address(
            status == 0
                ? String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "unknown")
    }
}

/// A connection that somebody else closes when it is over: its descriptor, and which file that was, because numbers are used again.
struct Connection: Sendable {
    let descriptor: Int32
    private let file: UInt64

    init?(_ descriptor: Int32) {
        guard let file = Self.file(descriptor) else { return nil }
        self.descriptor = descriptor
        self.file = file
    }

    var isOpen: Bool { Self.file(descriptor) == file }

    private static func file(_ descriptor: Int32) -> UInt64? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}
