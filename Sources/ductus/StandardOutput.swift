import Foundation

/// Standard output, with its errors: a disk that is full must not look like success.
enum StandardOutput {
    /// Writes bytes and hands them on at once.
    ///
    /// - Throws: `CommandFailure` if they did not arrive.
    static func write(_ bytes: some Collection<UInt8>) throws {
        try flush()
        let bytes = Array(bytes)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            written += count
        }
    }

    /// Hands on what `print` left in the buffer. What could not be written before is still there, so its failure shows here.
    ///
    /// - Throws: `CommandFailure` if it did not arrive.
    static func flush() throws {
        errno = 0
        guard fflush(nil) == 0 else { throw failure() }
    }

    private static func failure() -> CommandFailure {
        let reason = errno == 0 ? "an earlier write failed" : String(cString: strerror(errno))
        return CommandFailure("standard output cannot be written (\(reason)); what was printed is not whole")
    }
}
