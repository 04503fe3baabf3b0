import Glibc

/// A small file read whole, with the errors of the system as they are.
struct PlainFile {
    let bytes: [UInt8]
    /// Permission bits.
    let mode: mode_t

    enum Failure: Error {
        case missing
        case other(String)

        var reason: String {
            switch self {
            case .missing: String(cString: strerror(ENOENT))
            case .other(let reason): reason
            }
        }
    }

    init(_ path: String, atMost limit: Int) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .other(Self.reason) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .other(Self.reason) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .other("not a plain file") }
        mode = status.st_mode & 0o777
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let part = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw .other(Self.reason) }
            if part == 0 { break }
            count += part
        }
        guard count <= limit else { throw .other("it has more than \(limit) bytes") }
        self.bytes = Array(bytes.prefix(count))
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
