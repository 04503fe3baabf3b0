import CDuctusZlib
import Foundation

/// Writes files of lines, the counterpart of `LineReader`.
public enum LineWriter {
    /// Writes a file, compressed if its name ends in `.gz`; the old file stays until the new one is whole.
    ///
    /// - Parameter lines: without their ends.
    /// - Throws: `InkFileError.inaccessible`.
    public static func write(_ lines: some Sequence<String>, to url: URL) throws {
        let temporary = url.appendingPathExtension("new")
        errno = 0
        // "T" writes plain text through the same calls.
        guard let file = gzopen(temporary.path, url.pathExtension == "gz" ? "wb6" : "wbT") else {
            throw InkFileError.inaccessible(path: url.path, reason: String(cString: strerror(errno)))
        }
        var isWhole = true
        for line in lines where isWhole {
            var text = line + "\n"
            isWhole = text.withUTF8 { gzwrite(file, $0.baseAddress, UInt32($0.count)) == Int32($0.count) }
        }
        guard gzclose(file) == Z_OK, isWhole, rename(temporary.path, url.path) == 0 else {
            let reason = errno == 0 ? "cannot be written" : String(cString: strerror(errno))
            unlink(temporary.path)
            throw InkFileError.inaccessible(path: url.path, reason: reason)
        }
    }
}
