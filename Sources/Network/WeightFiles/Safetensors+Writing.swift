import DuctusFoundations
import Foundation

extension Safetensors {
    /// The bytes of a file: the same contents always give the same bytes.
    ///
    /// - Throws: `SafetensorsError.nonFinite`, and `.beyondHalfRange` where F16 cannot hold a number.
    public func encoded(storage: Storage = .f32) throws(SafetensorsError) -> Data {
        let names = tensors.keys.sorted()
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var body = Data()
        for name in names {
            guard let tensor = tensors[name] else { continue }
            let begin = body.count
            try Self.append(tensor.values, to: &body, storage, of: name)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(Self.quoted(name)):{\"dtype\":\"\(storage.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(body.count)]}")
        }
        var header = Data("{\(members.joined(separator: ","))}".utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }  // numbers begin on an 8-byte border
        var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        file.append(header)
        file.append(body)
        return file
    }

    /// Writes a file so that a reader, or a crash, sees the old one or the new one, whole.
    public func write(to url: URL, storage: Storage = .f32) throws(SafetensorsError) {
        let data = try encoded(storage: storage)
        do {
            try AtomicFile.write(data, to: url)
        } catch {
            throw .unwritable(path: url.path, reason: "\(error)")
        }
    }

    private static func append(
        _ values: [Float], to body: inout Data, _ storage: Storage, of name: String
    ) throws(SafetensorsError) {
        if let index = values.firstIndex(where: { !$0.isFinite }) { throw .nonFinite(tensor: name, index: index) }
        switch storage {
        case .f32:
            let bits = values.map(\.bitPattern.littleEndian)
            bits.withUnsafeBytes { body.append(contentsOf: $0) }
        case .f16:
            if let value = values.first(where: { abs($0) >= 65520 }) {
                throw .beyondHalfRange(tensor: name, value: value)
            }
            let bits = values.map { Float16($0).bitPattern.littleEndian }
            bits.withUnsafeBytes { body.append(contentsOf: $0) }
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
