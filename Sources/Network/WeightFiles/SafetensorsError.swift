/// The errors of a weight file. Each names the tensor or the place.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    case fileTooLarge(bytes: Int, limit: Int)
    case truncatedLength(bytes: Int)
    case headerTooLarge(length: UInt64, available: Int)
    case malformedHeader(byte: Int, reason: String)
    case duplicateName(String)
    case missingField(tensor: String, field: String)
    case unknownField(tensor: String, field: String)
    case unsupportedType(tensor: String, type: String)
    case shapeTooLarge(tensor: String)
    case offsetsOutOfOrder(tensor: String, begin: Int, end: Int)
    case beyondFile(tensor: String, end: Int, available: Int)
    case sizeMismatch(tensor: String, shape: [Int], expected: Int, found: Int)
    case overlap(tensor: String, with: String)
    case unusedBytes(before: String?, count: Int)
    case nonFinite(tensor: String, index: Int)
    case beyondHalfRange(tensor: String, value: Float)
    case missingMetadata(key: String)
    case badArchitecture(reason: String)
    case missingTensor(String)
    case wrongShape(tensor: String, expected: [Int], found: [Int])

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "weight file \(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason):
            "weight file \(path): cannot be written: \(reason)"
        case .fileTooLarge(let bytes, let limit):
            "weight file: \(bytes) bytes; at most \(limit) are accepted"
        case .truncatedLength(let bytes):
            "weight file: \(bytes) bytes, too short for the 8 that give the header's length"
        case .headerTooLarge(let length, let available):
            "weight file: its header claims \(length) bytes, but \(available) follow; the file is truncated or no safetensors file"
        case .malformedHeader(let byte, let reason):
            "weight file: header, byte \(byte): \(reason)"
        case .duplicateName(let name):
            "weight file: the name \(name) occurs twice in the header"
        case .missingField(let tensor, let field):
            "weight file: tensor \(tensor) lacks \(field)"
        case .unknownField(let tensor, let field):
            "weight file: tensor \(tensor) has the unknown field \(field)"
        case .unsupportedType(let tensor, let type):
            "weight file: tensor \(tensor) is of type \(type); supported are F32 and F16"
        case .shapeTooLarge(let tensor):
            "weight file: tensor \(tensor): its shape has more elements than any file can hold"
        case .offsetsOutOfOrder(let tensor, let begin, let end):
            "weight file: tensor \(tensor) begins at \(begin), after its end at \(end)"
        case .beyondFile(let tensor, let end, let available):
            "weight file: tensor \(tensor) ends at byte \(end) of the data, but only \(available) are there; the file is truncated"
        case .sizeMismatch(let tensor, let shape, let expected, let found):
            "weight file: tensor \(tensor) of shape \(shape) needs \(expected) bytes, but has \(found)"
        case .overlap(let tensor, let other):
            "weight file: tensor \(tensor) overlaps tensor \(other)"
        case .unusedBytes(let before, let count):
            "weight file: \(count) bytes \(before.map { "before tensor \($0)" } ?? "at the end") belong to no tensor"
        case .nonFinite(let tensor, let index):
            "weight file: tensor \(tensor), element \(index) is not a finite number"
        case .beyondHalfRange(let tensor, let value):
            "weight file: tensor \(tensor) holds \(value), which F16 cannot store; write F32"
        case .missingMetadata(let key):
            "weight file: its metadata lack \(key); it was not written for this program"
        case .badArchitecture(let reason):
            "weight file: \(reason)"
        case .missingTensor(let tensor):
            "weight file: tensor \(tensor), which its architecture needs, is missing"
        case .wrongShape(let tensor, let expected, let found):
            "weight file: tensor \(tensor) has shape \(found), but its architecture needs \(expected)"
        }
    }
}
