import DuctusDecoding
import DuctusInk
import DuctusNetwork
import Foundation

/// A network that turns a sequence into another: an encoder of any layers, and a decoder that attends to it and writes symbol by symbol
/// (Bahdanau et al. 2015).
///
/// The network's main input is the source. Its other input is the output so far, a class per frame. Class 0 begins the
/// output, and ends it where it is the likeliest class to follow; class k is the k-th symbol of the alphabet. The last
/// layer gives the probabilities of the class after each frame. A head named `ctc` reads the encoder by connectionist
/// temporal classification.
///
/// Immutable, so any number of threads may use it, each with a `SequenceReader` of its own.
public final class SequenceModel: Sendable {
    /// The head by which the encoder is read without the decoder.
    public static let connectionistHead = "ctc"

    public let name: String
    /// The network: encoder, attention and decoder.
    public let network: Network
    /// The input of the model, and the way in which it becomes frames.
    public let source: SequenceSource
    /// The symbols that it writes.
    public let alphabet: Alphabet
    /// How the output is searched.
    public let search: SequenceSearch

    /// Classes of the decoder: the symbols and the boundary.
    public var classCount: Int { alphabet.classCount }

    /// The encoder can be read without the decoder.
    public var isConnectionist: Bool { network.architecture.heads.contains { $0.name == Self.connectionistHead } }

    /// - Throws: `ModelError.unusable` where the network does not fit the source or the alphabet.
    public init(
        name: String, network: Network, source: SequenceSource, alphabet: Alphabet, search: SequenceSearch = .init()
    ) throws {
        let architecture = network.architecture
        func require(_ holds: Bool, _ reason: String) throws {
            guard holds else { throw ModelError.unusable(path: name, reason: reason) }
        }
        try require(
            architecture.input == source.dimension,
            "the network takes \(architecture.input) numbers per frame, but its source gives \(source.dimension)")
        try require(
            architecture.otherInputs == [1], "the network needs one other input of one number: what was written so far")
        try require(
            architecture.output == alphabet.classCount,
            "the network gives \(architecture.output) classes, but the alphabet needs \(alphabet.classCount)")
        try require(
            architecture.layers.last.map { type(of: $0.kind).endsHead } == true,
            "the network's last layer gives no probabilities")
        if let head = architecture.heads.first(where: { $0.name == Self.connectionistHead }) {
            let alone = Architecture(input: architecture.input, layers: Array(architecture.layers[0...head.layer]))
            do {
                try alone.validate()
            } catch {
                throw ModelError.unusable(
                    path: name, reason: "its head \(head.name) does not stand before the decoder: \(error)")
            }
            try require(
                alone.output == alphabet.classCount,
                "its head \(head.name) gives \(alone.output) classes, but the alphabet needs \(alphabet.classCount)")
        }
        self.name = name
        self.network = network
        self.source = source
        self.alphabet = alphabet
        self.search = search
    }

    /// The same model, searched differently.
    public func with(search: SequenceSearch) throws -> SequenceModel {
        try SequenceModel(name: name, network: network, source: source, alphabet: alphabet, search: search)
    }

    /// The encoder with its connectionist output alone: a model that streams, learns and is evaluated as any other; nil where it
    /// has none, or does not read ink.
    public func connectionistModel() throws -> Model? {
        guard case .ink(let features, let standardization) = source,
            let head = network.architecture.heads.first(where: { $0.name == Self.connectionistHead })
        else { return nil }
        // The layers of the head stand before the decoder, also in the flat buffer.
        let architecture = Architecture(
            input: network.architecture.input, layers: Array(network.architecture.layers[0...head.layer]))
        return Model(
            name: name,
            network: try Network(
                architecture: architecture,
                parameters: Array(network.parameters.prefix(architecture.parameterCount)),
                precision: network.precision, instructionSet: network.instructionSet),
            input: .ink(features), alphabet: alphabet, standardization: standardization)
    }
}

extension SequenceModel {
    /// The file of a model that transcribes by its encoder, too: it stands beside `Model.File.weights`.
    public static let attentionFile = "attention.safetensors"

    private enum Key {
        static let source = "ductus.source"
        static let alphabet = "ductus.alphabet"
        static let task = "ductus.task"
        static let search = "ductus.search"
        static let mean = "features.mean"
        static let deviation = "features.deviation"
    }

    /// Reads the source from the metadata.
    private struct SourceText: Codable {
        var symbols: Alphabet?
        var features: FeatureConfiguration?
    }

    /// The weight file of a model of this kind: a file, or the one in a folder; nil where `url` holds another kind.
    ///
    /// - Throws: `ModelError` where there is nothing, or no weight file.
    public static func file(at url: URL) throws -> URL? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw ModelError.missing(path: url.path)
        }
        let file = isFolder.boolValue ? url.appending(path: Model.File.weights) : url
        guard FileManager.default.fileExists(atPath: file.path) else { throw ModelError.missing(path: file.path) }
        do {
            return try Safetensors(contentsOf: file).metadata[Key.task] == ModelTask.sequenceToSequence.name
                ? file : nil
        } catch {
            throw ModelError.unusable(path: file.path, reason: "\(error)")
        }
    }

    /// Opens a model folder or weight file whose task is `sequence-to-sequence`.
    ///
    /// - Throws: `ModelError`, which names the file and the fault.
    public convenience init(
        contentsOf url: URL, precision: Precision = .fp32, instructionSet: InstructionSet? = nil
    ) throws {
        guard let weights = try Self.file(at: url) else {
            throw ModelError.unusable(
                path: url.path,
                reason: "its task is not \(ModelTask.sequenceToSequence.name); train one by a recipe with that task")
        }
        func unusable(_ reason: String) -> ModelError { .unusable(path: weights.path, reason: reason) }
        let file: WeightFile
        do {
            file = try WeightFile(contentsOf: weights)
        } catch {
            throw unusable("\(error)")
        }
        func read<Value: Decodable>(_ key: String) throws -> Value {
            guard let json = file.metadata[key] else { throw unusable("its metadata lack \(key)") }
            do {
                return try JSONDecoder().decode(Value.self, from: Data(json.utf8))
            } catch {
                throw unusable("its metadata \(key) cannot be read: \(error)")
            }
        }
        let text: SourceText = try read(Key.source)
        let source: SequenceSource
        if let symbols = text.symbols {
            source = .text(symbols)
        } else if let features = text.features, let mean = file.extras[Key.mean]?.values,
            let deviation = file.extras[Key.deviation]?.values, mean.count == features.dimension,
            deviation.count == features.dimension
        {
            source = .ink(features, Standardization(mean: mean, deviation: deviation))
        } else {
            throw unusable("its metadata \(Key.source) name neither symbols nor features with mean and deviation")
        }
        let network: Network
        do {
            network = try Network(file, precision: precision, instructionSet: instructionSet)
        } catch {
            throw unusable("\(error)")
        }
        try self.init(
            name: weights.path, network: network, source: source, alphabet: read(Key.alphabet),
            search: read(Key.search))
    }

    /// The model as a weight file.
    public func weightFile() throws -> WeightFile {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        var text = SourceText()
        var extras: [String: Tensor] = [:]
        switch source {
        case .text(let symbols): text.symbols = symbols
        case .ink(let features, let standardization):
            text.features = features
            extras[Key.mean] = Tensor(shape: [standardization.mean.count], values: standardization.mean)
            extras[Key.deviation] = Tensor(shape: [standardization.mean.count], values: standardization.deviation)
        }
        return WeightFile(
            architecture: network.architecture, parameters: network.parameters, extras: extras,
            metadata: [
                Key.task: ModelTask.sequenceToSequence.name, Key.alphabet: try json(alphabet),
                Key.source: try json(text), Key.search: try json(search),
            ])
    }
}
