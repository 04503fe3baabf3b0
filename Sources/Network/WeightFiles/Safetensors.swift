import Foundation

/// A named array of numbers as weight files hold it.
public struct Tensor: Sendable, Equatable {
    /// Length of each axis; empty for a single number.
    public var shape: [Int]
    /// Row-major.
    public var values: [Float]

    /// A tensor of that shape; `values` are row-major, as many as the shape says.
    public init(shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "a tensor has as many numbers as its shape says")
        self.shape = shape
        self.values = values
    }

    /// A vector.
    public init(_ values: [Float]) {
        self.init(shape: [values.count], values: values)
    }
}

/// The contents of a safetensors file (github.com/huggingface/safetensors): tensors and texts by name.
///
/// Reading is safe on any bytes: every fault is a `SafetensorsError`, and memory stays within a small multiple of the
/// file's size.
public struct Safetensors: Sendable, Equatable {
    /// The format in which numbers are stored.
    public enum Storage: String, Sendable, CaseIterable, Codable {
        case f32 = "F32"
        case f16 = "F16"

        var size: Int { self == .f32 ? 4 : 2 }
    }

    /// The tensors by name.
    public var tensors: [String: Tensor]
    /// Texts by name; the format has no other metadata.
    public var metadata: [String: String]

    /// The contents of a file: tensors and texts, by name.
    public init(tensors: [String: Tensor], metadata: [String: String]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// The largest file that is read.
    public static let sizeLimit = 1 << 30

    /// Reads a file.
    public init(contentsOf url: URL) throws(SafetensorsError) {
        let data: Data
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                throw SafetensorsError.unreadable(path: url.path, reason: "not a regular file")
            }
            let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
            guard size <= Self.sizeLimit else {
                throw SafetensorsError.fileTooLarge(bytes: size, limit: Self.sizeLimit)
            }
            data = try Data(contentsOf: url)
        } catch let error as SafetensorsError {
            throw error
        } catch {
            throw .unreadable(path: url.path, reason: error.localizedDescription)
        }
        try self.init(bytes: [UInt8](data))
    }

    /// Reads the bytes of a file.
    public init(bytes: [UInt8]) throws(SafetensorsError) {
        let result: Result<Safetensors, SafetensorsError> = bytes.withUnsafeBytes { raw in
            do throws(SafetensorsError) {
                return .success(try Safetensors(raw))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init(_ raw: UnsafeRawBufferPointer) throws(SafetensorsError) {
        guard raw.count >= 8 else { throw .truncatedLength(bytes: raw.count) }
        let length = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(raw.count - 8) else { throw .headerTooLarge(length: length, available: raw.count - 8) }
        let body = 8 + Int(length)
        let header = try SafetensorsHeader(parsing: UnsafeRawBufferPointer(rebasing: raw[8..<body]))
        let data = UnsafeRawBufferPointer(rebasing: raw[body...])

        tensors = [:]
        metadata = header.metadata
        var end = 0
        var previous: String?
        for entry in header.entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            let storage = try Self.check(entry, available: data.count)
            if entry.begin < end { throw .overlap(tensor: entry.name, with: previous ?? "") }
            if entry.begin > end { throw .unusedBytes(before: entry.name, count: entry.begin - end) }
            let bytes = UnsafeRawBufferPointer(rebasing: data[entry.begin..<entry.end])
            tensors[entry.name] = Tensor(
                shape: entry.shape, values: try Self.numbers(in: bytes, storage, of: entry.name))
            end = entry.end
            previous = entry.name
        }
        if end < data.count { throw .unusedBytes(before: nil, count: data.count - end) }
    }

    private static func check(_ entry: SafetensorsHeader.Entry, available: Int) throws(SafetensorsError) -> Storage {
        guard let storage = Storage(rawValue: entry.type) else {
            throw .unsupportedType(tensor: entry.name, type: entry.type)
        }
        guard entry.begin <= entry.end else {
            throw .offsetsOutOfOrder(tensor: entry.name, begin: entry.begin, end: entry.end)
        }
        guard entry.end <= available else {
            throw .beyondFile(tensor: entry.name, end: entry.end, available: available)
        }
        var expected = storage.size
        for axis in entry.shape {
            let (product, overflow) = expected.multipliedReportingOverflow(by: axis)
            guard !overflow else { throw .shapeTooLarge(tensor: entry.name) }
            expected = product
        }
        guard expected == entry.end - entry.begin else {
            throw .sizeMismatch(
                tensor: entry.name, shape: entry.shape, expected: expected, found: entry.end - entry.begin)
        }
        return storage
    }

    private static func numbers(
        in bytes: UnsafeRawBufferPointer, _ storage: Storage, of tensor: String
    ) throws(SafetensorsError) -> [Float] {
        let count = bytes.count / storage.size
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                switch storage {
                case .f32:
                    let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
                    buffer[index] = Float(bitPattern: bits)
                case .f16:
                    let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                    buffer[index] = Float(Float16(bitPattern: bits))
                }
            }
            initialized = count
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) { throw .nonFinite(tensor: tensor, index: index) }
        return values
    }
}
