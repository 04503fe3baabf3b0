import DuctusNetwork
import Foundation

/// The file of a generation: its record, and the differences of its weights from the base in 8 bits each.
///
/// Layout: magic · length of the record (UInt32) · the record as JSON · for each tensor, row by row, the row's scale (`Float`)
/// and its differences in units of that scale (`Int8`) · FNV-1a checksum of all before (UInt64). Little endian. 629,000 weights
/// take 0.65 MB.
public struct GenerationFile: Sendable {
    /// The record of the generation.
    public var record: GenerationRecord
    /// Row by row of every tensor.
    private var scales: [Float]
    private var steps: [Int8]

    private static let magic = Array("DUCTGEN1".utf8)

    /// Rounds `parameters` to what a file holds of them.
    public init(record: GenerationRecord, parameters: [Float], base: [Float], layout: ParameterLayout) {
        precondition(parameters.count == layout.count && base.count == layout.count, "buffers of one network")
        self.record = record
        scales = []
        steps = [Int8](repeating: 0, count: layout.count)
        for row in layout.rows {
            let largest = row.reduce(Float(0)) { max($0, abs(parameters[$1] - base[$1])) }
            let scale = largest / 127
            scales.append(scale)
            guard scale > 0 else { continue }
            for i in row { steps[i] = Int8(max(-127, min(127, ((parameters[i] - base[i]) / scale).rounded()))) }
        }
    }

    /// The weights that the file stands for.
    public func parameters(base: [Float], layout: ParameterLayout) -> [Float]? {
        guard base.count == layout.count, steps.count == layout.count, scales.count == layout.rows.count else {
            return nil
        }
        var parameters = base
        for (row, scale) in zip(layout.rows, scales) where scale > 0 {
            for i in row { parameters[i] += scale * Float(steps[i]) }
        }
        return parameters
    }

    /// The file's bytes, with their checksum.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(record)
        var data = Data(Self.magic)
        withUnsafeBytes(of: UInt32(json.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(json)
        withUnsafeBytes(of: UInt32(scales.count).littleEndian) { data.append(contentsOf: $0) }
        for scale in scales { withUnsafeBytes(of: scale.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        steps.withUnsafeBytes { data.append(contentsOf: $0) }
        return Data(Self.sealed(data))
    }

    /// A file's bytes with the checksum behind them.
    public static func sealed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        return bytes + withUnsafeBytes(of: checksum(bytes[...]).littleEndian) { Array($0) }
    }

    /// - Throws: `GenerationError.damaged`.
    public init(_ data: Data, path: String) throws(GenerationError) {
        let bytes = [UInt8](data)
        guard bytes.count >= 24, bytes.starts(with: Self.magic) else { throw .damaged(path: path) }
        let body = bytes.count - 8
        let sum = bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: body, as: UInt64.self))
        }
        guard sum == Self.checksum(bytes[..<body]), let end = Self.recordEnd(bytes), end + 4 <= body,
            let record = try? JSONDecoder().decode(GenerationRecord.self, from: data.prefix(end).dropFirst(12))
        else { throw .damaged(path: path) }
        let words = bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: end, as: UInt32.self))
        }
        let first = end + 4 + 4 * Int(words)
        guard first <= body else { throw .damaged(path: path) }
        self.record = record
        scales = bytes.withUnsafeBytes { bytes in
            (0..<Int(words)).map {
                Float(
                    bitPattern: UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: end + 4 + 4 * $0, as: UInt32.self)))
            }
        }
        steps = bytes[first..<body].map { Int8(bitPattern: $0) }
    }

    /// The record alone, without reading the weights.
    public static func record(at url: URL) throws(GenerationError) -> GenerationRecord {
        do {
            let file = try FileHandle(forReadingFrom: url)
            defer { try? file.close() }
            // Room for the numbers of some thousand corrections.
            let head = try file.read(upToCount: 1 << 18) ?? Data()
            guard let end = recordEnd([UInt8](head)), end <= head.count else {
                throw GenerationError.damaged(path: url.path)
            }
            return try JSONDecoder().decode(GenerationRecord.self, from: head.prefix(end).dropFirst(12))
        } catch {
            throw .damaged(path: url.path)
        }
    }

    private static func recordEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 12, bytes.starts(with: magic) else { return nil }
        return 12 + (0..<4).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return hash
        }
    }
}

extension ParameterLayout {
    /// The parts of the flat buffer that share a scale: rows of matrices, whole biases.
    fileprivate var rows: [Range<Int>] {
        tensors.flatMap { tensor -> [Range<Int>] in
            guard tensor.shape.count > 1, let count = tensor.shape.first, count > 0 else { return [tensor.range] }
            let width = tensor.count / count
            return (0..<count).map { tensor.offset + $0 * width..<tensor.offset + ($0 + 1) * width }
        }
    }
}
