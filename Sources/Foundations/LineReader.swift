import Foundation

/// Reads a file, a pipe or standard input line by line, uncompressing gzip on the way; memory is bounded by the longest line.
///
/// A line of a pipe is there as soon as its end is. What was looked at with ``peek()`` is still read. Not thread safe.
public final class LineReader {
    /// The default limit of a line, in bytes.
    public static let longestLine = 64 << 20
    /// The limit of a file that is held in memory as a whole, in bytes.
    public static let largestFile = 256 << 20

    /// The path, for messages.
    public var path: String { source.path }
    /// Number of the line last returned, counted from 1; 0 before the first.
    public private(set) var line = 0

    private let source: ByteSource
    private let maximumBytes: Int
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 18
    /// Unread bytes: `start..<end` of the buffer.
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// Opens a file.
    ///
    /// - Throws: `FileError.inaccessible`.
    public convenience init(_ url: URL, maximumBytes: Int = longestLine) throws {
        try self.init(path: url.path, maximumBytes: maximumBytes)
    }

    /// Opens a file, a pipe, or standard input (`-`).
    ///
    /// - Throws: `FileError.inaccessible`.
    public init(path: String, maximumBytes: Int = longestLine) throws {
        source = try ByteSource(path)
        self.maximumBytes = maximumBytes
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next line without its end (LF, CRLF or CR LF mixed); nil after the last. Valid until the next call.
    ///
    /// - Throws: `FileError.tooLarge` for a line above the limit, `.damaged` for broken compression.
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

    /// The bytes that come next, as many as are at hand, without reading past them; more with every call, nil once all there are were
    /// handed over. Valid until the next call.
    ///
    /// - Throws: as ``next()``.
    public func peek() throws -> UnsafeRawBufferPointer? {
        guard !isAtEnd else { return nil }
        try fill()
        return UnsafeRawBufferPointer(start: buffer + start, count: end - start)
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
                throw FileError.tooLarge(path: path, line: line + 1, what: "bytes in a line", limit: maximumBytes)
            }
            let larger = min(2 * capacity, maximumBytes)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            grown.copyMemory(from: buffer, byteCount: end)
            buffer.deallocate()
            buffer = grown
            capacity = larger
        }
        let room = UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end)
        let read = try source.read(into: room, line: line)
        if read == 0 { isAtEnd = true }
        end += read
    }

    /// All that was not read yet, uncompressed: for formats that are not read line by line.
    ///
    /// - Throws: `FileError.tooLarge` above `limit` bytes, and what ``next()`` throws.
    public func rest(limit: Int = largestFile) throws -> Data {
        var data = Data()
        while true {
            guard data.count + (end - start) <= limit else {
                throw FileError.tooLarge(path: path, line: 1, what: "bytes", limit: limit)
            }
            data.append((buffer + start).assumingMemoryBound(to: UInt8.self), count: end - start)
            (start, end) = (0, 0)
            if isAtEnd { return data }
            try fill()
        }
    }

    /// The whole file, uncompressed.
    ///
    /// - Throws: as ``rest(limit:)``, and as `init`.
    public static func contents(of url: URL, limit: Int = largestFile) throws -> Data {
        try LineReader(url, maximumBytes: limit).rest(limit: limit)
    }
}
