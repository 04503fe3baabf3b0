import Glibc

/// Stands in for the service manager: hears when a daemon says that it is ready, by the protocol of sd_notify(3).
final class ReadinessSocket {
    let path: String
    private let descriptor: Int32

    /// - Throws: `CommandFailure` for a path that no socket can have.
    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: path.utf8.prefix(place.count - 1))
            return path.utf8.count < place.count
        }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard fits, status == 0 else {
            throw CommandFailure("no socket can be made at \(path): set TMPDIR to a shorter path")
        }
    }

    deinit { close(descriptor) }

    /// Whether a message with this line comes in time.
    func hears(_ line: String, milliseconds: Int32) -> Bool {
        var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, milliseconds) > 0 else { return false }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return false }
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").contains { $0 == line }
    }
}
