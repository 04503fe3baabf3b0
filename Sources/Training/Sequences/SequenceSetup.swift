import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import Foundation

/// Training of a sequence-to-sequence model.
public struct SequenceSetup: TrainingGoal {
    public let corpus: any Corpus
    public let architecture: Architecture
    public let remarks: [String]
    private let source: SequenceSource
    private let alphabet: Alphabet
    private let search: SequenceSearch
    private let name: String
    private let measure: (SequenceModel) throws -> [String: Double]

    /// - Parameters:
    ///   - data: pairs of texts (`TextPair.read`), or labelled lines of ink, as the settings say.
    ///   - start: the source of the model that the run starts from; nil takes symbols or standardization from the data.
    ///   - limit: use only the first examples of each file.
    /// - Throws: `Alphabet.Fault` for texts that the recipe's alphabets cannot write, `ArchitectureError`, and what is wrong with a file.
    public init(
        _ settings: SequenceSettings, recipe: Recipe, data: [URL], validation: [URL], name: String,
        start: SequenceSource? = nil, limit: Int?, threads: Int
    ) throws {
        switch settings.source {
        case .text:
            try self.init(
                pairs: data, settings, recipe: recipe, validation: validation, name: name, start: start, limit: limit,
                threads: threads)
        case .ink:
            try self.init(
                ink: data, settings, recipe: recipe, validation: validation, name: name, start: start, limit: limit,
                threads: threads)
        }
    }

    private init(
        pairs data: [URL], _ settings: SequenceSettings, recipe: Recipe, validation: [URL], name: String,
        start: SequenceSource?, limit: Int?, threads: Int
    ) throws {
        func pairs(_ url: URL) throws -> [TextPair] {
            let pairs = try TextPair.read(url)
            return limit.map { Array(pairs.prefix($0)) } ?? pairs
        }
        let examples = try data.flatMap(pairs)
        let sets = try validation.map { (name: TrainingSetup.name(of: $0), pairs: try pairs($0)) }
        guard !examples.isEmpty else { throw TrainingError.noExamples(paths: data.map(\.path)) }
        var read = try settings.sourceAlphabet ?? Self.symbols(of: examples.map(\.source))
        if case .text(let alphabet)? = start { read = alphabet }
        let alphabet = try recipe.alphabet ?? Self.symbols(of: examples.map(\.target))
        corpus = try TextPairCorpus(
            examples, source: read, target: alphabet, isConnectionist: settings.connectionist > 0)
        remarks = ["\(examples.count) pairs; \(read.symbols.count) symbols read, \(alphabet.symbols.count) written"]
        architecture = try settings.architecture(
            encoder: recipe.layers, input: 1, sourceClasses: read.classCount, classes: alphabet.classCount)
        search = settings.search.allowing(
            zip(examples.map(\.source.count), examples.map(\.target.count)).map { (frames: $0, symbols: $1) })
        (source, self.alphabet, self.name) = (.text(read), alphabet, name)
        measure = { model in
            var errors: [String: Double] = [:]
            for (name, pairs) in sets {
                errors[name] = 1 - (try SequenceEvaluation.run(model, on: pairs, threads: threads).accuracy)
            }
            return errors
        }
    }

    private init(
        ink data: [URL], _ settings: SequenceSettings, recipe: Recipe, validation: [URL], name: String,
        start: SequenceSource?, limit: Int?, threads: Int
    ) throws {
        guard case .ink(let features) = recipe.input else {
            throw TrainingError.badRecipe(
                path: name, reason: "its decoder is to write down ink, but its input is \(recipe.input.name)")
        }
        var standardization: Standardization?
        if case .ink(_, let known)? = start { standardization = known }
        let alphabet = recipe.alphabet ?? .printableASCII
        let lines = try InkCorpus(
            recipe: recipe, features: features, alphabet: alphabet, data: data, standardization: standardization,
            limit: limit, threads: threads)
        let sets = try validation.map { (name: TrainingSetup.name(of: $0), lines: try InkCorpus.lines(of: $0, limit)) }
        corpus = WrittenInkCorpus(lines, isConnectionist: settings.connectionist > 0)
        remarks = lines.remarks
        architecture = try settings.architecture(
            encoder: recipe.layers, input: features.dimension, sourceClasses: nil, classes: alphabet.classCount)
        search = settings.search.allowing(
            zip(lines.lengths, lines.labelCounts).map { (frames: $0, symbols: $1) })
        (source, self.alphabet, self.name) = (.ink(features, lines.standardization), alphabet, name)
        let timeless = recipe.sampling.timelessSources
        measure = { model in
            var errors: [String: Double] = [:]
            for (name, lines) in sets {
                errors[name] =
                    try SequenceEvaluation.run(model, on: lines, threads: threads, timelessSources: timeless).cer
            }
            return errors
        }
    }

    public func errors(of network: Network) throws -> [String: Double] {
        // Between epochs it is weights that are compared, not searches.
        var greedy = search
        greedy.beamWidth = 1
        greedy.connectionistShare = 0
        return try measure(model(network).with(search: greedy))
    }

    public func write(_ network: Network, isFinal: Bool, to folder: TrainingFolder) throws {
        let model = try model(network)
        guard let connectionist = try model.connectionistModel() else {
            return try model.weightFile().write(to: folder.url.appending(path: Model.File.weights))
        }
        // The encoder reads by itself as any other model; the whole stands beside it.
        try folder.write(connectionist)
        try model.weightFile().write(to: folder.url.appending(path: SequenceModel.attentionFile))
    }

    /// The model with these weights.
    public func model(_ network: Network) throws -> SequenceModel {
        try SequenceModel(name: name, network: network, source: source, alphabet: alphabet, search: search)
    }

    /// Every character of some texts, in the order of their codes.
    private static func symbols(of texts: [String]) throws -> Alphabet {
        var symbols: Set<Character> = []
        for text in texts { symbols.formUnion(text) }
        return try Alphabet(symbols: symbols.map(String.init).sorted())
    }
}

extension SequenceSearch {
    /// The same search, allowing lengths as those of examples, and some beyond.
    fileprivate func allowing(_ lengths: [(frames: Int, symbols: Int)]) -> SequenceSearch {
        let ratios = lengths.map { Float($0.symbols) / Float(max(1, $0.frames)) }
        var search = self
        search.shortest = 0.5 * (ratios.min() ?? 0)
        search.longest = min(1000, 1.25 * (ratios.max() ?? search.longest))
        return search
    }
}
