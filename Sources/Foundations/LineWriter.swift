import CDuctusZlib
import Foundation

/// Writes a file of lines, the counterpart of `LineReader`; compressed if its name ends in `.gz`.
///
/// The old file stays until ``close()`` has made the new one whole; a writer that is never closed leaves nothing behind. Memory is
/// bounded by the longest line. What is no plain file (a pipe, a terminal) is written at once.
public final class LineWriter {
    private let path: String
    /// The file that is being written; `path` itself where nothing can be put in its place.
    private let temporary: String
    private var file: gzFile?

    /// - Throws: `FileError.unwritable`.
    public init(_ url: URL) throws(FileError) {
        path = url.path
        let descriptor: Int32
        let isSpecial = AtomicFile.isSpecial(url)
        errno = 0
        if isSpecial {
            temporary = path
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
        } else {
            var template = Array(
                "\(url.deletingLastPathComponent().path)/.\(url.lastPathComponent).XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            temporary = String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            // mkstemp makes files that nobody else reads.
            if descriptor >= 0 { fchmod(descriptor, 0o644) }
        }
        // "T" writes plain text through the same calls.
        guard descriptor >= 0, let file = gzdopen(descriptor, url.pathExtension == "gz" ? "wb6" : "wbT") else {
            let reason = errno == 0 ? "out of memory" : String(cString: strerror(errno))
            if descriptor >= 0 { Glibc.close(descriptor) }
            throw .unwritable(path: path, reason: reason)
        }
        gzbuffer(file, 1 << 16)
        self.file = file
    }

    deinit { discard() }

    /// Writes a line; `line` has no end.
    public func append(_ line: String) throws(FileError) {
        guard let file else { return }
        var text = line + "\n"
        errno = 0
        let isWritten = text.withUTF8 { gzwrite(file, $0.baseAddress, UInt32($0.count)) == Int32($0.count) }
        guard isWritten else { throw fault() }
    }

    /// Makes the file whole and puts it in its place.
    public func close() throws(FileError) {
        guard let file else { return }
        errno = 0
        self.file = nil
        guard gzclose(file) == Z_OK, temporary == path || rename(temporary, path) == 0 else {
            let fault = fault()
            if temporary != path { unlink(temporary) }
            throw fault
        }
    }

    private func discard() {
        guard let file else { return }
        gzclose(file)
        if temporary != path { unlink(temporary) }
        self.file = nil
    }

    private func fault() -> FileError {
        .unwritable(path: path, reason: errno == 0 ? "the write failed" : String(cString: strerror(errno)))
    }

    /// Writes a whole file.
    ///
    /// - Parameter lines: without their ends.
    /// - Throws: `FileError.unwritable`.
    public static func write(_ lines: some Sequence<String>, to url: URL) throws {
        let writer = try LineWriter(url)
        for line in lines { try writer.append(line) }
        try writer.close()
    }
}
