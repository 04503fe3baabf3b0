import CDuctusZlib
import Foundation

/// Reads a file line by line, uncompressing gzip on the way; memory is bounded by the longest line.
///
/// A plain file passes through unchanged (zlib looks at the first bytes). Not thread safe.
public final class LineReader {
    /// For messages.
    public let path: String
    /// Number of the line last returned, counted from 1; 0 before the first.
    public private(set) var line = 0

    private let file: gzFile
    private let maximumBytes: Int
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 18
    /// Unread bytes: `start..<end` of the buffer.
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// Opens a file.
    ///
    /// - Throws: `InkFileError.inaccessible`.
    public init(_ url: URL, maximumBytes: Int = InkLimits().lineBytes) throws {
        path = url.path
        self.maximumBytes = maximumBytes
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            throw InkFileError.inaccessible(path: path, reason: "is a folder, not a file")
        }
        errno = 0
        guard let file = gzopen(path, "rb") else {
            let reason = errno == 0 ? "out of memory" : String(cString: strerror(errno))
            throw InkFileError.inaccessible(path: path, reason: reason)
        }
        gzbuffer(file, 1 << 17)
        self.file = file
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        gzclose(file)
        buffer.deallocate()
    }

    /// The next line without its end (LF, CRLF or CR LF mixed); nil after the last. Valid until the next call.
    ///
    /// - Throws: `InkFileError.tooLarge` for a line above the limit, `.damaged` for broken compression.
    public func next() throws -> UnsafeRawBufferPointer? {
        var searched = start
        while true {
            if let found = memchr(buffer + searched, 0x0a, end - searched) {
                let newline = buffer.distance(to: found)
                defer { start = newline + 1 }
                return counted(start, newline)
            }
            searched = end
            if isAtEnd {
                guard start < end else { return nil }
                defer { start = end }
                return counted(start, end)
            }
            let offset = searched - start
            try fill()
            searched = start + offset
        }
    }

    private func counted(_ from: Int, _ to: Int) -> UnsafeRawBufferPointer {
        line += 1
        let bytes = UnsafeRawBufferPointer(start: buffer + from, count: to - from)
        return bytes.last == 0x0d ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
    }

    /// Reads more behind the unread bytes.
    private func fill() throws {
        if start > 0 {
            memmove(buffer, buffer + start, end - start)
            end -= start
            start = 0
        }
        if end == capacity {
            guard end < maximumBytes else {
                throw InkFileError.tooLarge(path: path, line: line + 1, what: "bytes in a line", limit: maximumBytes)
            }
            let larger = min(2 * capacity, maximumBytes)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            grown.copyMemory(from: buffer, byteCount: end)
            buffer.deallocate()
            buffer = grown
            capacity = larger
        }
        let read = gzread(file, buffer + end, UInt32(min(capacity - end, 1 << 30)))
        var code: Int32 = Z_OK
        let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
        guard read >= 0, code == Z_OK || code == Z_STREAM_END else {
            throw InkFileError.damaged(path: path, line: line, reason: message.isEmpty ? "cut off" : message)
        }
        if read == 0 { isAtEnd = true }
        end += Int(read)
    }

    /// The whole file, uncompressed: for formats that are not read line by line.
    ///
    /// - Throws: `InkFileError.tooLarge` above `limit` bytes, and what `next` and `init` throw.
    public static func contents(of url: URL, limit: Int = InkLimits().fileBytes) throws -> Data {
        let reader = try LineReader(url, maximumBytes: limit)
        var data = Data()
        while !reader.isAtEnd {
            try reader.fill()
            guard data.count + reader.end <= limit else {
                throw InkFileError.tooLarge(path: reader.path, line: 1, what: "bytes", limit: limit)
            }
            data.append(reader.buffer.assumingMemoryBound(to: UInt8.self), count: reader.end)
            reader.end = 0
        }
        return data
    }
}
