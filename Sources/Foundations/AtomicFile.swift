import Foundation

/// Replaces files so that neither a reader nor a power cut ever sees half of one.
public enum AtomicFile {
    /// A system call that failed.
    public struct Failure: Error, CustomStringConvertible {
        /// The system call that failed.
        public let call: String
        /// The error's `errno`.
        public let code: Int32

        public var description: String { "\(call): \(String(cString: strerror(code)))" }
    }

    /// Whether a name stands for something else than a plain file, such as a device or a pipe: it is written to, never replaced.
    public static func isSpecial(_ url: URL) -> Bool {
        var status = stat()
        return stat(url.path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    /// Writes a file whose name its user gave, in the way of ``write(_:to:)``.
    /// - Throws: `FileError.unwritable`.
    public static func put(_ data: Data, at url: URL) throws(FileError) {
        do throws(Failure) {
            try write(data, to: url)
        } catch {
            throw .unwritable(path: url.path, reason: String(cString: strerror(error.code)))
        }
    }

    /// Writes a temporary file beside `url`, makes it durable, and renames it into place. What is special is written at once.
    public static func write(_ data: Data, to url: URL) throws(Failure) {
        if isSpecial(url) {
            let file = open(url.path, O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { throw Failure(call: "open", code: errno) }
            defer { close(file) }
            return try write(data, to: file)
        }
        let directory = url.deletingLastPathComponent().path
        var template = Array("\(directory)/.\(url.lastPathComponent).XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw Failure(call: "mkstemp", code: errno) }
        do throws(Failure) {
            try write(data, to: file)
            guard fchmod(file, 0o644) == 0 else { throw Failure(call: "fchmod", code: errno) }
            guard fsync(file) == 0 else { throw Failure(call: "fsync", code: errno) }
            guard rename(template, url.path) == 0 else { throw Failure(call: "rename", code: errno) }
        } catch {
            close(file)
            unlink(template)
            throw error
        }
        close(file)
        try synchronize(directory: directory)
    }

    private static func write(_ data: Data, to file: Int32) throws(Failure) {
        let failure: Failure? = data.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(file, bytes.baseAddress! + written, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { return Failure(call: "write", code: errno) }
                written += count
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// A rename is durable once its directory is.
    private static func synchronize(directory: String) throws(Failure) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw Failure(call: "open", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(call: "fsync", code: errno) }
    }
}
