/// Reads the fields of a Protocol Buffers message without a schema (Protocol Buffers, "Encoding").
struct ProtobufReader {
    enum Value {
        case integer(UInt64)
        case bytes(ArraySlice<UInt8>)
        case word(UInt32)
        case long(UInt64)

        var float: Float? { if case .word(let bits) = self { Float(bitPattern: bits) } else { nil } }
        var message: ProtobufReader? { if case .bytes(let bytes) = self { ProtobufReader(bytes) } else { nil } }
        var text: String? { if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil } }
        /// The value of a field of the type `sint32` or `sint64`.
        var signed: Int64? { if case .integer(let value) = self { Self.zigzag(value) } else { nil } }
        var integer: Int? { if case .integer(let value) = self { Int(exactly: value) } else { nil } }

        /// Packed or single numbers of 32 bits.
        func floats() throws -> [Float] {
            switch self {
            case .word(let bits): return [Float(bitPattern: bits)]
            case .bytes(let bytes):
                var reader = BinaryReader(bytes)
                var values: [Float] = []
                values.reserveCapacity(bytes.count / 4)
                while reader.remaining > 0 { values.append(try reader.float()) }
                return values
            default: throw BinaryReader.Failure(reason: "numbers of another kind are expected", position: 0)
            }
        }

        /// Packed or single numbers of the type `sint32`.
        func signedIntegers() throws -> [Int64] {
            switch self {
            case .integer(let value): return [Self.zigzag(value)]
            case .bytes(let bytes):
                var reader = BinaryReader(bytes)
                var values: [Int64] = []
                while reader.remaining > 0 { values.append(Self.zigzag(try reader.variableInteger())) }
                return values
            default: throw BinaryReader.Failure(reason: "numbers of another kind are expected", position: 0)
            }
        }

        private static func zigzag(_ value: UInt64) -> Int64 {
            Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
        }
    }

    private var reader: BinaryReader

    init(_ bytes: ArraySlice<UInt8>) { reader = BinaryReader(bytes) }

    /// The next field; nil at the end of the message.
    mutating func next() throws -> (field: Int, value: Value)? {
        guard reader.remaining > 0 else { return nil }
        let tag = try reader.variableInteger()
        guard let field = Int(exactly: tag >> 3), field > 0 else { throw reader.failure("a field has no number") }
        switch tag & 7 {
        case 0: return (field, .integer(try reader.variableInteger()))
        case 1: return (field, .long(try reader.integer()))
        case 2: return (field, .bytes(try reader.bytes(reader.length())))
        case 5: return (field, .word(try reader.integer()))
        default: throw reader.failure("a field of unknown kind")
        }
    }
}
