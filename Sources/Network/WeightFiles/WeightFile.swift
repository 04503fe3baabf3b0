import Foundation

/// A network as a file holds it: architecture, parameters, and what a model keeps beside them.
///
/// Tensors are named `layers.<i>.<PyTorch's name>`, the architecture is JSON in the metadata, so that a file crosses
/// over to PyTorch and back. Other tensors (`features.mean`) and metadata (`ductus.alphabet`) are kept and mean nothing
/// to this module.
public struct WeightFile: Sendable, Equatable {
    /// The metadata key of the architecture.
    public static let architectureKey = "ductus.architecture"

    public var architecture: Architecture
    /// The parameters in the order of `ParameterLayout(architecture)`.
    public var parameters: [Float]
    /// Tensors that are not the network's.
    public var extras: [String: Tensor]
    /// Texts other than the architecture.
    public var metadata: [String: String]

    /// The contents of a weight file.
    ///
    /// - Parameters:
    ///   - parameters: all parameters, in the order of `ParameterLayout`.
    ///   - extras: further tensors, by name.
    ///   - metadata: further texts, by name.
    public init(
        architecture: Architecture, parameters: [Float], extras: [String: Tensor] = [:],
        metadata: [String: String] = [:]
    ) {
        self.architecture = architecture
        self.parameters = parameters
        self.extras = extras
        self.metadata = metadata
    }

    /// Reads a file.
    public init(contentsOf url: URL) throws(SafetensorsError) {
        try self.init(Safetensors(contentsOf: url))
    }

    /// Takes a network out of the contents of a safetensors file.
    public init(_ contents: Safetensors) throws(SafetensorsError) {
        guard let json = contents.metadata[Self.architectureKey] else {
            throw .missingMetadata(key: Self.architectureKey)
        }
        do {
            architecture = try JSONDecoder().decode(Architecture.self, from: Data(json.utf8))
            try architecture.validate()
        } catch let error as ArchitectureError {
            throw .badArchitecture(reason: error.description)
        } catch {
            throw .badArchitecture(reason: "the architecture in its metadata cannot be read: \(error)")
        }
        extras = contents.tensors
        metadata = contents.metadata
        metadata[Self.architectureKey] = nil

        parameters = []
        let layout = ParameterLayout(architecture)
        parameters.reserveCapacity(layout.count)
        for tensor in layout.tensors {
            guard let found = extras.removeValue(forKey: tensor.name) else { throw .missingTensor(tensor.name) }
            guard found.shape == tensor.shape else {
                throw .wrongShape(tensor: tensor.name, expected: tensor.shape, found: found.shape)
            }
            parameters.append(contentsOf: found.values)
        }
    }

    /// The contents of a safetensors file.
    public func contents() throws(SafetensorsError) -> Safetensors {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var texts = metadata
        do {
            texts[Self.architectureKey] = String(decoding: try encoder.encode(architecture), as: UTF8.self)
        } catch {
            throw .badArchitecture(reason: "the architecture cannot be written: \(error)")
        }
        var tensors = extras
        for tensor in ParameterLayout(architecture).tensors {
            tensors[tensor.name] = Tensor(shape: tensor.shape, values: Array(parameters[tensor.range]))
        }
        return Safetensors(tensors: tensors, metadata: texts)
    }

    /// Writes the file; a reader, or a crash, sees the old one or the new one, whole.
    public func write(to url: URL, storage: Safetensors.Storage = .f32) throws(SafetensorsError) {
        try contents().write(to: url, storage: storage)
    }
}
