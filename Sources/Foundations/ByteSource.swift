import CDuctusZlib
import Foundation

/// The bytes of a file, a pipe or standard input, read once from the beginning to the end; gzip is uncompressed on the way, however
/// many members it has.
///
/// Text in UTF-16 with a byte order mark becomes UTF-8, and the mark of UTF-8 is left out. Hands over what a pipe has as soon as it has it.
final class ByteSource {
    let path: String
    private let descriptor: Int32
    private var raw = [UInt8](repeating: 0, count: 1 << 17)
    /// Unread bytes of `raw`.
    private var unread = 0..<0
    private var isAtEnd = false
    /// Set up while a member of gzip is being read.
    private var inflater: UnsafeMutablePointer<z_stream>?
    private var isCompressed: Bool?
    private var transcoder: UTF16Transcoder?
    private var hasLookedForMark = false

    /// - Parameter path: a path; `-` and `/dev/stdin` are standard input.
    /// - Throws: `FileError.inaccessible`.
    init(_ path: String) throws(FileError) {
        self.path = path
        errno = 0
        // Standard input may be a socket, which /dev/stdin cannot open.
        descriptor =
            path == "-" || path == "/dev/stdin"
            ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .inaccessible(path: path, reason: String(cString: strerror(errno)))
        }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            close(descriptor)
            throw .inaccessible(path: path, reason: "is a folder, not a file")
        }
    }

    deinit {
        close(descriptor)
        endInflating()
    }

    /// Reads some bytes, at least one unless the end is reached.
    ///
    /// - Parameter line: for messages.
    /// - Throws: `FileError.inaccessible`, `.damaged`.
    func read(into buffer: UnsafeMutableRawBufferPointer, line: Int) throws(FileError) -> Int {
        if !hasLookedForMark { try lookForMark(line) }
        guard transcoder != nil else { return try plain(into: buffer, line: line) }
        while true {
            let count = transcoder?.read(into: buffer) ?? 0
            if count > 0 { return count }
            var units = [UInt8](repeating: 0, count: 1 << 16)
            let read = try inflated(into: &units, line: line)
            if read == 0 { return transcoder?.finish(into: buffer) ?? 0 }
            transcoder?.append(units[..<read])
        }
    }

    /// Bytes that were read to find the mark and belong to the text.
    private var head: ArraySlice<UInt8> = []

    private func lookForMark(_ line: Int) throws(FileError) {
        hasLookedForMark = true
        var first: [UInt8] = []
        while first.count < 3 {
            var more = [UInt8](repeating: 0, count: 3 - first.count)
            let count = try inflated(into: &more, line: line)
            if count == 0 { break }
            first += more[..<count]
            // Nothing that begins otherwise has a mark; a pipe may hold no more for a while.
            if ![0xef, 0xff, 0xfe].contains(first[0]) { break }
        }
        head = first[...]
        if first.starts(with: [0xef, 0xbb, 0xbf]) { head = [] }
        if first.starts(with: [0xff, 0xfe]) || first.starts(with: [0xfe, 0xff]) {
            var transcoder = UTF16Transcoder(isBigEndian: first[0] == 0xfe)
            transcoder.append(first[2...])
            self.transcoder = transcoder
            head = []
        }
    }

    private func plain(into buffer: UnsafeMutableRawBufferPointer, line: Int) throws(FileError) -> Int {
        guard head.isEmpty else {
            let count = min(head.count, buffer.count)
            buffer.copyBytes(from: head.prefix(count))
            head = head.dropFirst(count)
            return count
        }
        return try inflated(into: buffer, line: line)
    }

    private func inflated(into bytes: inout [UInt8], line: Int) throws(FileError) -> Int {
        let result: Result<Int, FileError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(FileError) { return .success(try inflated(into: buffer, line: line)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Bytes of the file, uncompressed if it begins as gzip does.
    private func inflated(into buffer: UnsafeMutableRawBufferPointer, line: Int) throws(FileError) -> Int {
        if isCompressed == nil {
            while unread.count < 2, try fill() {}
            isCompressed = unread.count >= 2 && raw[unread.lowerBound] == 0x1f && raw[unread.lowerBound + 1] == 0x8b
        }
        guard isCompressed == true else {
            if unread.isEmpty {
                // Straight into the caller's memory, without a copy.
                return try readFile(into: buffer)
            }
            let count = min(unread.count, buffer.count)
            buffer.copyBytes(from: raw[unread.lowerBound..<unread.lowerBound + count])
            unread = unread.lowerBound + count..<unread.upperBound
            return count
        }
        while true {
            if unread.isEmpty, try !fill() {
                guard inflater == nil else { throw .damaged(path: path, line: line, reason: "cut off") }
                return 0
            }
            if inflater == nil {
                while unread.count < 2, try fill() {}
                // Bytes behind the last member that are no gzip are padding.
                guard unread.count >= 2, raw[unread.lowerBound] == 0x1f, raw[unread.lowerBound + 1] == 0x8b else {
                    unread = 0..<0
                    isAtEnd = true
                    return 0
                }
                try beginInflating()
            }
            let count = try inflateSome(into: buffer, line: line)
            if count > 0 { return count }
        }
    }

    private func inflateSome(into buffer: UnsafeMutableRawBufferPointer, line: Int) throws(FileError) -> Int {
        guard let stream = inflater else { return 0 }
        let room = UInt32(min(buffer.count, 1 << 30))
        let input = unread
        let code: Int32 = raw.withUnsafeMutableBufferPointer { raw in
            stream.pointee.next_in = raw.baseAddress! + input.lowerBound
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = room
            return inflate(stream, Z_NO_FLUSH)
        }
        unread = input.upperBound - Int(stream.pointee.avail_in)..<input.upperBound
        let count = Int(room - stream.pointee.avail_out)
        let message = stream.pointee.msg.map { String(cString: $0) }
        switch code {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: endInflating()
        default: throw .damaged(path: path, line: line, reason: message ?? "zlib's code \(code)")
        }
        return count
    }

    private func beginInflating() throws(FileError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16: a header of gzip.
        guard inflateInit2_(stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            throw .inaccessible(path: path, reason: "out of memory")
        }
        inflater = stream
    }

    private func endInflating() {
        guard let stream = inflater else { return }
        inflateEnd(stream)
        stream.deallocate()
        inflater = nil
    }

    /// Reads more of the file behind the unread bytes; false at its end.
    private func fill() throws(FileError) -> Bool {
        guard !isAtEnd else { return false }
        if unread.isEmpty {
            unread = 0..<0
        } else if unread.lowerBound > 0 {
            raw.replaceSubrange(0..<unread.count, with: Array(raw[unread]))
            unread = 0..<unread.count
        }
        let end = unread.upperBound
        let result: Result<Int, FileError> = raw.withUnsafeMutableBytes { bytes in
            do throws(FileError) {
                return .success(try readFile(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...])))
            } catch { return .failure(error) }
        }
        let count = try result.get()
        unread = unread.lowerBound..<end + count
        return count > 0
    }

    private func readFile(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        while !isAtEnd {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .inaccessible(path: path, reason: String(cString: strerror(errno))) }
            if count == 0 { isAtEnd = true }
            return count
        }
        return 0
    }
}

/// Turns UTF-16 into UTF-8, piece by piece.
private struct UTF16Transcoder {
    let isBigEndian: Bool
    private var pending: [UInt8] = []
    private var ready: ArraySlice<UInt8> = []

    init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        pending += bytes
        var units: [UInt16] = []
        units.reserveCapacity(pending.count / 2)
        for index in stride(from: 0, to: pending.count - 1, by: 2) {
            let (first, second) = (UInt16(pending[index]), UInt16(pending[index + 1]))
            units.append(isBigEndian ? first << 8 | second : second << 8 | first)
        }
        // A pair of surrogates stays together.
        if let last = units.last, last & 0xfc00 == 0xd800 { units.removeLast() }
        pending.removeFirst(2 * units.count)
        ready += Array(String(decoding: units, as: UTF16.self).utf8)
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(ready.count, buffer.count)
        buffer.copyBytes(from: ready.prefix(count))
        ready = ready.dropFirst(count)
        return count
    }

    /// The bytes left at the end are half a character.
    mutating func finish(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !pending.isEmpty else { return 0 }
        pending = []
        ready = Array("\u{fffd}".utf8)[...]
        return read(into: buffer)
    }
}
