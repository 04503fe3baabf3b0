import CDuctusZlib
import DuctusFoundations
import Foundation

/// A zip archive in memory (PKWARE's APPNOTE): the names of its files, and their contents, stored or deflated.
struct ZipArchive {
    struct Entry {
        var name: String
        var method: UInt16
        var compressed: Int
        var size: Int
        var offset: Int
    }

    private let bytes: [UInt8]
    let path: String
    private(set) var entries: [Entry] = []
    private static let mostEntries = 200_000

    /// - Throws: `FileError.broken` if there is no directory.
    init(_ data: Data, path: String) throws {
        bytes = [UInt8](data)
        self.path = path
        do {
            try readDirectory()
        } catch let failure as BinaryReader.Failure {
            throw broken("byte \(failure.position)", failure.reason)
        }
    }

    private func broken(_ place: String, _ reason: String) -> FileError {
        .broken(
            path: path, place: place, reason: reason,
            remedy: "The zip archive is damaged or not whole; copy or download it again.")
    }

    private mutating func readDirectory() throws {
        // The end record is last, before a comment of up to 64 KiB.
        let first = max(0, bytes.count - 65_557)
        guard
            let end = stride(from: bytes.count - 22, through: first, by: -1).first(where: {
                $0 >= 0 && bytes[$0] == 0x50 && bytes[$0 + 1] == 0x4b && bytes[$0 + 2] == 5 && bytes[$0 + 3] == 6
            })
        else { throw broken("its end", "the archive has no directory") }
        var record = BinaryReader(bytes[(end + 10)...])
        let count = Int(try record.integer(UInt16.self))
        try record.skip(4)
        let offset = Int(try record.integer(UInt32.self))
        guard offset <= bytes.count, count <= Self.mostEntries else {
            throw broken("its end", "the directory is elsewhere")
        }
        var reader = BinaryReader(bytes[offset...])
        for _ in 0..<count {
            guard try reader.integer(UInt32.self) == 0x0201_4b50 else {
                throw reader.failure("no entry of the directory")
            }
            try reader.skip(4)
            let flags = try reader.integer(UInt16.self)
            let method = try reader.integer(UInt16.self)
            try reader.skip(8)
            let compressed = Int(try reader.integer(UInt32.self))
            let size = Int(try reader.integer(UInt32.self))
            let nameLength = Int(try reader.integer(UInt16.self))
            let extraLength = Int(try reader.integer(UInt16.self))
            let commentLength = Int(try reader.integer(UInt16.self))
            try reader.skip(8)
            let local = Int(try reader.integer(UInt32.self))
            let name = String(decoding: try reader.bytes(nameLength), as: UTF8.self)
            try reader.skip(extraLength + commentLength)
            guard flags & 1 == 0 else { throw broken(name, "the archive is encrypted") }
            entries.append(Entry(name: name, method: method, compressed: compressed, size: size, offset: local))
        }
    }

    /// A file's content.
    ///
    /// - Parameter limit: bytes at most.
    /// - Throws: `FileError.broken`, `.tooLarge`.
    func content(of entry: Entry, limit: Int) throws -> [UInt8] {
        do {
            guard entry.offset < bytes.count else { throw broken(entry.name, "it begins behind the archive's end") }
            var reader = BinaryReader(bytes[entry.offset...])
            guard try reader.integer(UInt32.self) == 0x0403_4b50 else { throw reader.failure("no file begins here") }
            try reader.skip(22)
            let nameLength = Int(try reader.integer(UInt16.self))
            let extraLength = Int(try reader.integer(UInt16.self))
            try reader.skip(nameLength + extraLength)
            let data = try reader.bytes(entry.compressed)
            switch entry.method {
            case 0:
                guard data.count <= limit else { throw tooLarge(limit) }
                return Array(data)
            case 8:
                switch Deflate.inflated(data, isRaw: true, limit: limit) {
                case .success(let content): return content
                case .failure(.tooLarge): throw tooLarge(limit)
                case .failure(.damaged(let reason)): throw broken(entry.name, reason)
                }
            default: throw broken(entry.name, "it is compressed by method \(entry.method), which is not supported")
            }
        } catch let failure as BinaryReader.Failure {
            throw broken(entry.name, failure.reason)
        }
    }

    private func tooLarge(_ limit: Int) -> FileError {
        .tooLarge(path: path, line: 1, what: "bytes unpacked", limit: limit)
    }
}

/// Deflated data in memory (RFC 1950, 1951).
enum Deflate {
    enum Fault: Error {
        case damaged(String)
        case tooLarge
    }

    /// Uncompresses data, and ignores bytes behind its end.
    ///
    /// - Parameters:
    ///   - isRaw: without zlib's header and checksum.
    ///   - limit: bytes at most.
    static func inflated(_ data: ArraySlice<UInt8>, isRaw: Bool, limit: Int) -> Result<[UInt8], Fault> {
        var stream = z_stream()
        guard
            inflateInit2_(&stream, isRaw ? -MAX_WBITS : MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
                == Z_OK
        else { return .failure(.damaged("there is no memory to uncompress it")) }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        return data.withUnsafeBytes { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            while true {
                let code: Int32 = chunk.withUnsafeMutableBufferPointer { chunk in
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = UInt32(chunk.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                output += chunk[..<(chunk.count - Int(stream.avail_out))]
                guard output.count <= limit else { return .failure(.tooLarge) }
                switch code {
                case Z_STREAM_END: return .success(output)
                case Z_OK where stream.avail_in > 0 || stream.avail_out == 0: continue
                case Z_OK, Z_BUF_ERROR: return .failure(.damaged("it is cut off"))
                default: return .failure(.damaged(stream.msg.map { String(cString: $0) } ?? "zlib's code \(code)"))
                }
            }
        }
    }

    /// Compresses data, with zlib's header and checksum.
    static func deflated(_ data: [UInt8]) -> [UInt8] {
        var length = compressBound(UInt(data.count))
        var output = [UInt8](repeating: 0, count: Int(length))
        let code = compress2(&output, &length, data, UInt(data.count), 6)
        return code == Z_OK ? Array(output[..<Int(length)]) : []
    }
}
