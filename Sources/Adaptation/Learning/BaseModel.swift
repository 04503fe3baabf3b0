import DuctusFoundations
import DuctusNetwork
import DuctusRecognition
import Foundation

/// The shipped model, which everything learned is a difference from.
public struct BaseModel: Sendable {
    /// The model as it was shipped.
    public let model: Model
    /// SHA-256 of architecture and weights, hexadecimal.
    public let hash: String

    /// A model as the base. It hashes the weights once, here.
    public init(_ model: Model) {
        self.model = model
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // An architecture is plain numbers and names: its encoding cannot fail.
        var bytes = [UInt8]((try? encoder.encode(model.network.architecture)) ?? Data())
        for parameter in model.network.parameters {
            withUnsafeBytes(of: parameter.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        hash = bytes.withUnsafeBytes { SHA256.hex(of: $0) }
    }

    /// Weights as they are once they were written to disk.
    package func rounded(_ parameters: [Float]) -> [Float] {
        let network = model.network
        let record = GenerationRecord(
            name: .base, parent: nil, baseHash: hash, created: 0, corrections: [], figures: nil)
        let file = GenerationFile(
            record: record, parameters: parameters, base: network.parameters, layout: network.layout)
        return file.parameters(base: network.parameters, layout: network.layout) ?? parameters
    }
}
