import DuctusDecoding
import DuctusNetwork
import Foundation

/// A model: the features of its input, its network, and the decoding of its output.
///
/// A model is a weight file alone, or a folder with `model.safetensors` and, optionally, `language-model.ngram`,
/// `language-model.safetensors`, `lexicon.txt`, `decoder.json` and `importance.safetensors`. It is immutable: `with(network:)` makes
/// another model of a new generation of weights.
///
/// For example:
///
///     let model = try Model(contentsOf: URL(filePath: "models/english"))
///     let text = try Recognizer(model: model).recognize(strokes).text
public final class Model: Sendable {
    /// The name of the folder or file it came from.
    public let name: String
    /// The network from frames to class scores.
    public let network: Network
    /// The input of the model.
    public let input: ModelInput
    /// The task: how classes become labels, and by which loss and metric the model was trained.
    public let task: ModelTask
    /// The symbols of the classes.
    public let alphabet: Alphabet
    /// The mean and deviation of each feature, by which every frame is standardized before the network.
    public let standardization: Standardization
    /// The maps from raw confidences to probabilities.
    public let calibration: Calibrations
    /// The weights and limits of the beam search.
    public let decoder: DecoderConfiguration
    /// The n-gram language model over characters; nil without one.
    public let languageModel: LanguageModel?
    /// The recurrent language model, which ranks the readings of finished lines anew where `decoder.rescoring` has weights for it.
    public let recurrentLanguageModel: RecurrentLanguageModel?
    /// Facts of the writing that it reads.
    public let script: Script
    /// The label of the script's word separator; nil where words are not separated.
    let separator: Int?
    /// Words that a beam search should expect.
    public let lexicon: Lexicon?
    /// Words of the one who writes, expected beside those of `lexicon`.
    public let personalWords: Lexicon?
    /// The transitions between labels, of a model that labels every frame.
    public let transitions: TransitionModel?
    /// The contents of the weight file besides the network.
    public let extras: [String: Tensor]
    /// The file with the importance of each weight; see `importance()`.
    let importanceFile: URL?

    /// A model of its parts; `Model(contentsOf:)` reads one from a folder.
    ///
    /// - Parameters:
    ///   - extras: further tensors of the weight file, by name.
    ///   - importanceFile: where the importance of each weight is kept, which adaptation uses.
    public init(
        name: String, network: Network, input: ModelInput, task: ModelTask = .transcription, alphabet: Alphabet,
        standardization: Standardization, calibration: Calibrations = .init(), decoder: DecoderConfiguration = .init(),
        languageModel: LanguageModel? = nil, lexicon: Lexicon? = nil, transitions: TransitionModel? = nil,
        extras: [String: Tensor] = [:], importanceFile: URL? = nil, script: Script = .spaced,
        recurrentLanguageModel: RecurrentLanguageModel? = nil, personalWords: Lexicon? = nil
    ) {
        self.name = name
        self.network = network
        self.input = input
        self.task = task
        self.alphabet = alphabet
        self.standardization = standardization
        self.calibration = calibration
        self.decoder = decoder
        self.languageModel = languageModel
        self.lexicon = lexicon
        self.transitions = transitions
        self.extras = extras
        self.importanceFile = importanceFile
        self.script = script
        separator = (try? alphabet.encode(script.wordSeparator))?.first
        self.recurrentLanguageModel = recurrentLanguageModel
        self.personalWords = personalWords
    }

    /// The same model with other weights: a new generation.
    public func with(network: Network) -> Model { copy { $0.network = network } }

    /// The same model with other maps from raw confidences to probabilities.
    public func with(calibration: Calibrations) -> Model { copy { $0.calibration = calibration } }

    /// The same model with another n-gram language model.
    public func with(languageModel: LanguageModel) -> Model { copy { $0.languageModel = languageModel } }

    /// The same model with another recurrent language model, or none.
    public func with(recurrentLanguageModel: RecurrentLanguageModel?) -> Model {
        copy { $0.recurrentLanguageModel = recurrentLanguageModel }
    }

    /// The same model without a language model.
    public func withoutLanguageModel() -> Model {
        copy {
            $0.languageModel = nil
            $0.recurrentLanguageModel = nil
        }
    }

    /// The same model with other words to expect.
    public func with(lexicon: Lexicon) -> Model { copy { $0.lexicon = lexicon } }

    /// The same model, expecting the words of one who writes; nil expects the model's alone.
    public func with(personalWords: Lexicon?) -> Model { copy { $0.personalWords = personalWords } }

    /// The same model with the words of a file beside those that it expects already; `weight(ofExpected:)` weighs those that have no weight there.
    ///
    /// - Throws: `LexiconFault`.
    public func with(wordsOf file: URL) throws(LexiconFault) -> Model {
        var words = personalWords ?? Lexicon(alphabet: alphabet)
        try words.insert(contentsOf: file, weight: weight(ofExpected:))
        return with(personalWords: words)
    }

    /// The same model with other weights of the beam search.
    public func with(decoder: DecoderConfiguration) -> Model { copy { $0.decoder = decoder } }

    /// The same model with other transitions between labels.
    public func with(transitions: TransitionModel) -> Model { copy { $0.transitions = transitions } }

    /// The parts that a copy may change.
    private struct Parts {
        var network: Network
        var calibration: Calibrations
        var decoder: DecoderConfiguration
        var languageModel: LanguageModel?
        var recurrentLanguageModel: RecurrentLanguageModel?
        var lexicon: Lexicon?
        var personalWords: Lexicon?
        var transitions: TransitionModel?
    }

    private func copy(_ change: (inout Parts) -> Void) -> Model {
        var parts = Parts(
            network: network, calibration: calibration, decoder: decoder, languageModel: languageModel,
            recurrentLanguageModel: recurrentLanguageModel, lexicon: lexicon, personalWords: personalWords,
            transitions: transitions)
        change(&parts)
        return Model(
            name: name, network: parts.network, input: input, task: task, alphabet: alphabet,
            standardization: standardization, calibration: parts.calibration, decoder: parts.decoder,
            languageModel: parts.languageModel, lexicon: parts.lexicon, transitions: parts.transitions, extras: extras,
            importanceFile: importanceFile, script: script, recurrentLanguageModel: parts.recurrentLanguageModel,
            personalWords: parts.personalWords)
    }

    /// The rescorer of finished lines' readings; nil where the model has no models for it.
    func makeRescorer() -> (any Rescorer)? {
        recurrentLanguageModel.flatMap {
            RecurrentRescorer($0, languageModel: languageModel, alphabet: alphabet, configuration: decoder)
        }
    }
}

extension Model {
    /// The files of a model folder.
    public enum File {
        /// Name of the file with the weights.
        public static let weights = "model.safetensors"
        /// Name of the file with the n-gram language model.
        public static let languageModel = "language-model.ngram"
        /// Name of the file with the recurrent language model.
        public static let recurrentLanguageModel = "language-model.safetensors"
        /// Name of the file with the words to expect.
        public static let lexicon = "lexicon.txt"
        /// Name of the file with the decoder's weights.
        public static let decoder = "decoder.json"
        /// Name of the file with each weight's importance.
        public static let importance = "importance.safetensors"
    }

    /// Metadata of the weight file, and tensors beside the network's.
    enum Key {
        static let input = "ductus.features"
        static let task = "ductus.task"
        static let alphabet = "ductus.alphabet"
        static let calibration = "ductus.calibration"
        static let transitions = "ductus.transitions"
        static let script = "ductus.script"
        static let mean = "features.mean"
        static let deviation = "features.deviation"
    }

    /// Loads a model folder, or a weight file without language model.
    ///
    /// - Throws: `ModelError`, which names the file and the fault.
    public convenience init(
        contentsOf url: URL, precision: Precision = .fp32, instructionSet: InstructionSet? = nil
    ) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw ModelError.missing(path: url.path)
        }
        let weights = isFolder.boolValue ? url.appending(path: File.weights) : url
        guard FileManager.default.fileExists(atPath: weights.path) else {
            throw ModelError.missing(path: weights.path)
        }
        let file: WeightFile
        do {
            file = try WeightFile(contentsOf: weights)
        } catch {
            throw ModelError.unusable(path: weights.path, reason: "\(error)")
        }
        func beside(_ name: String) -> URL? {
            let file = url.appending(path: name)
            return isFolder.boolValue && FileManager.default.fileExists(atPath: file.path) ? file : nil
        }
        var decoder = DecoderConfiguration()
        if let configuration = beside(File.decoder) {
            do {
                decoder = try JSONDecoder().decode(DecoderConfiguration.self, from: Data(contentsOf: configuration))
            } catch {
                throw ModelError.unusable(path: configuration.path, reason: "\(error)")
            }
        }
        try self.init(
            file, name: url.deletingPathExtension().lastPathComponent, path: weights.path, decoder: decoder,
            languageModel: try beside(File.languageModel).map { try LanguageModel(contentsOf: $0) },
            recurrentLanguageModel: try beside(File.recurrentLanguageModel).map {
                try RecurrentLanguageModel(contentsOf: $0, precision: .bf16, instructionSet: instructionSet)
            },
            words: beside(File.lexicon), importance: beside(File.importance),
            precision: precision, instructionSet: instructionSet)
    }

    /// A model of a weight file in memory. Errors name it by `path`; `words` is a file for the lexicon, `importance` one for
    /// `importance()`.
    public convenience init(
        _ file: WeightFile, name: String, path: String, decoder: DecoderConfiguration = .init(),
        languageModel: LanguageModel? = nil, recurrentLanguageModel: RecurrentLanguageModel? = nil, words: URL? = nil,
        importance: URL? = nil, precision: Precision = .fp32,
        instructionSet: InstructionSet? = nil
    ) throws {
        guard file.metadata[Key.task] != ModelTask.sequenceToSequence.name else {
            throw ModelError.unusable(
                path: path,
                reason:
                    "it turns sequences into others and reads no stream; `ductus translate` and `ductus evaluate` use it"
            )
        }
        let input: ModelInput = try Self.decode(Key.input, of: file, path: path)
        let alphabet: Alphabet = try Self.decode(Key.alphabet, of: file, path: path)
        let task: ModelTask
        do {
            task = try file.metadata[Key.task].map(ModelTask.init(metadata:)) ?? .transcription
        } catch DecodingError.dataCorrupted(let context) {
            throw ModelError.unusable(path: path, reason: context.debugDescription)
        } catch {
            throw ModelError.unusable(path: path, reason: "its metadata \(Key.task) cannot be read: \(error)")
        }
        let script: Script =
            file.metadata[Key.script] == nil ? .spaced : try Self.decode(Key.script, of: file, path: path)
        let calibration: Calibrations =
            file.metadata[Key.calibration] == nil ? .init() : try Self.decode(Key.calibration, of: file, path: path)
        let transitions: TransitionModel? =
            file.metadata[Key.transitions] == nil ? nil : try Self.decode(Key.transitions, of: file, path: path)
        if let transitions, transitions.classes != alphabet.symbols.count {
            throw ModelError.unusable(
                path: path, reason: "\(Key.transitions) has \(transitions.classes) classes, not those of the alphabet")
        }

        guard file.architecture.input == input.dimension else {
            throw ModelError.unusable(
                path: path,
                reason:
                    "the network takes \(file.architecture.input) features, but \(Key.input) gives \(input.dimension)")
        }
        let classes = task.classCount(of: alphabet)
        guard file.architecture.output == classes else {
            throw ModelError.unusable(
                path: path,
                reason: "the network gives \(file.architecture.output) classes, but \(Key.alphabet) needs \(classes)")
        }
        guard let mean = file.extras[Key.mean]?.values, let deviation = file.extras[Key.deviation]?.values,
            mean.count == input.dimension, deviation.count == input.dimension
        else {
            throw ModelError.unusable(
                path: path, reason: "it needs \(Key.mean) and \(Key.deviation) with \(input.dimension) numbers each")
        }
        var lexicon: Lexicon?
        if let words {
            var read = Lexicon(alphabet: alphabet)
            try read.insert(contentsOf: words)
            lexicon = read
        }
        var extras = file.extras
        extras[Key.mean] = nil
        extras[Key.deviation] = nil
        let network: Network
        do {
            network = try Network(file, precision: precision, instructionSet: instructionSet)
        } catch {
            throw ModelError.unusable(path: path, reason: "\(error)")
        }
        self.init(
            name: name, network: network, input: input, task: task, alphabet: alphabet,
            standardization: Standardization(mean: mean, deviation: deviation), calibration: calibration,
            decoder: decoder, languageModel: languageModel, lexicon: lexicon, transitions: transitions, extras: extras,
            importanceFile: importance, script: script, recurrentLanguageModel: recurrentLanguageModel)
    }

    /// The model as a weight file, without decoder and language model.
    public func weightFile() throws -> WeightFile {
        var metadata = [
            Key.input: try Self.json(input), Key.alphabet: try Self.json(alphabet), Key.task: try task.metadata,
        ]
        if script != .spaced { metadata[Key.script] = try Self.json(script) }
        if calibration != Calibrations() { metadata[Key.calibration] = try Self.json(calibration) }
        if let transitions { metadata[Key.transitions] = try Self.json(transitions) }
        var extras = extras
        extras[Key.mean] = Tensor(shape: [standardization.mean.count], values: standardization.mean)
        extras[Key.deviation] = Tensor(shape: [standardization.mean.count], values: standardization.deviation)
        return WeightFile(
            architecture: network.architecture, parameters: network.parameters, extras: extras, metadata: metadata)
    }

    private static func decode<Value: Decodable>(_ key: String, of file: WeightFile, path: String) throws -> Value {
        guard let json = file.metadata[key] else {
            throw ModelError.unusable(path: path, reason: "its metadata lack \(key); `ductus train` writes it")
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        } catch {
            throw ModelError.unusable(path: path, reason: "its metadata \(key) cannot be read: \(error)")
        }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// The errors of loading and using a model.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case unusable(path: String, reason: String)
    case wrongInput(model: String, expected: String)

    public var description: String {
        switch self {
        case .missing(let path):
            "model: there is no \(path); give a model folder such as models/english, or a weight file"
        case .unusable(let path, let reason):
            "model \(path): \(reason)"
        case .wrongInput(let model, let expected):
            "model \(model) reads \(expected); choose a model for this input"
        }
    }
}
