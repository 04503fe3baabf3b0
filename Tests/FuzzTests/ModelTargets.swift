import DecodingTestSupport
import DuctusAdaptation
import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation
import StreamingTestSupport

extension FuzzTarget {
    /// Weights and what goes with them, language models, recipes, generations, and what the journal keeps of ink and of vectors.
    static let models = [
        FuzzTarget("model.safetensors", share: 20_000, .binary, seeds: [Models.weights]) { bytes, _ in
            let file = try WeightFile(Safetensors(bytes: bytes))
            precondition(
                file.parameters.count == file.architecture.parameterCount && file.parameters.allSatisfy(\.isFinite))
        },
        // The header alone is changed; its length is made right, so that what lies behind the first check is reached.
        FuzzTarget(
            "model.header", share: 10_000,
            .text(tokens: [
                "\"", "{", "}", "[", "]", ",", ":", "null", "\\u0000", "\\", "F16", "F64", "shape", "dtype",
                "data_offsets", "__metadata__", "\"x\":{}",
                "lstm", "gru", "linear", "recurrent", "convolution1D",
            ]), seeds: [Models.header]
        ) { bytes, _ in
            let length = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
            let file = try WeightFile(
                Safetensors(bytes: length + bytes + Models.weights.dropFirst(8 + Models.header.count)))
            _ = try Model(file, name: "fuzz", path: "fuzz")
        },
        // A generation's checksum is made right again, for the same reason.
        FuzzTarget("model.generation", share: 10_000, .binary, seeds: Models.generations) { bytes, file in
            let bytes = GenerationFile.sealed(bytes.dropLast(8))
            let generation = try GenerationFile(Data(bytes), path: "fuzz")
            let record = try GenerationFile.record(at: file.holding(bytes))
            precondition(record == generation.record, "the two ways to read a record")
            let network = Models.network
            guard let parameters = generation.parameters(base: network.parameters, layout: network.layout) else {
                throw Models.Refused()
            }
            _ = try Network(architecture: network.architecture, parameters: parameters)
        },
        FuzzTarget("model.decoder", share: 3_000, .text(tokens: Models.json), seeds: [Models.decoder]) { bytes, _ in
            let configuration = try JSONDecoder().decode(DecoderConfiguration.self, from: Data(bytes))
            // What passed meets the search next.
            _ = try Recognizer(model: Models.tiny.with(decoder: configuration)).recognize(Models.strokes)
        },
        FuzzTarget(
            "model.lexicon", share: 4_000, .text(tokens: ["\t", "\t-1", "# ", "'", "é", "\u{0}", "nan", "\r\n", " "]),
            seeds: [Models.lexicon]
        ) {
            bytes, file in
            var lexicon = Lexicon(alphabet: .printableASCII)
            try lexicon.insert(contentsOf: file.holding(bytes))
        },
        FuzzTarget(
            "training.recipe", share: 3_000,
            .text(tokens: Models.json + ["\"hidden\":", "\"kernel\":", "\"stride\":", "lstm", "linear"]),
            seeds: [Models.recipe]
        ) { bytes, file in _ = try Recipe(contentsOf: file.holding(bytes)).architecture(classes: 96) },
        FuzzTarget("language.compact", share: 15_000, .binary, seeds: [Models.compact]) { bytes, file in
            try Models.use(LanguageModel(contentsOf: file.holding(bytes)))
        },
        FuzzTarget(
            "language.arpa", share: 5_000,
            .text(tokens: [
                "\\data\\\n", "\\end\\\n", "ngram 1=", "\\2-grams:\n", "\t", "<s>", "</s>", "<unk>", "▁", "<space>",
            ]),
            seeds: [Models.arpa]
        ) { bytes, file in try Models.use(LanguageModel(contentsOf: file.holding(bytes))) },
        FuzzTarget("journal.ink", share: 3_000, .binary, seeds: [Models.ink]) { bytes, _ in
            guard Evidence(blob: bytes) != nil else { throw Models.Refused() }
        },
        FuzzTarget("journal.vectors", share: 2_000, .binary, seeds: [Models.vectors]) { bytes, _ in
            guard Evidence(blob: bytes) != nil else { throw Models.Refused() }
        },
    ]
}

private enum Models {
    struct Refused: Error {}

    static func use(_ model: LanguageModel) throws {
        var random = SplitMix64(seed: 1)
        _ = model.logProbability(of: "ab a~")
        _ = model.sample(length: 10, using: &random)
    }

    static let weights = made { Array(try tiny.weightFile().contents().encoded()) }
    static let header = Array(weights[8..<8 + (Int(weights[0]) | Int(weights[1]) << 8)])

    static let tiny: Model = {
        do { return try TinyModel.make() } catch { fatalError("the tiny model: \(error)") }
    }()
    static let network = tiny.network

    /// One of a writer with every figure, one of everyone's without.
    static let generations = [
        GenerationRecord(
            name: GenerationName(writer: "ann", number: 3), parent: GenerationName(number: 2), baseHash: "ab12",
            created: 1_764_000_000_000_000,
            corrections: [4, 5, 9],
            figures: GateFigures(
                heldOutBefore: figures, heldOutAfter: figures, canaryBefore: figures, canaryAfter: figures)),
        GenerationRecord(
            name: GenerationName(number: 1), parent: nil, baseHash: "ab12", created: 5, corrections: [], figures: nil),
    ].map { record in
        made {
            let learned = network.parameters.enumerated().map { $1 + Float($0 % 5) / 100 }
            let file = GenerationFile(
                record: record, parameters: learned, base: network.parameters, layout: network.layout)
            return Array(try file.encoded())
        }
    }

    private static let figures = {
        var figures = ReadingFigures()
        (figures.lines, figures.characters, figures.edits, figures.nats) = (3, 60, 4, 12.5)
        return figures
    }()

    static let json = ["\"", "{", "}", "[", "]", ",", ":", "null", "true", "1e99", "-1", "\\u0000", "\\"]

    static let decoder = Array(
        #"{"beamWidth":16,"blankThreshold":0.9995,"labelThreshold":-7,"languageWeight":0.5,"symbolBonus":1.2,"unknownWordPenalty":0,"wordBonus":0.5}"#
            .utf8)

    static let lexicon = Array("# words of a place\nDebian\t2\nisn't\nStrasse\t-1.5\n\nab\n".utf8)

    static let recipe = made { Array(try JSONEncoder().encode(Recipe())) }

    static let arpa = Array(SmallModels.abSpaceARPA.utf8)

    static let compact = made {
        let file = try ScratchFile()
        let url = URL(fileURLWithPath: file.path)
        var corpus = try TextCorpus(alphabet: .printableASCII, cutting: .pieces(of: 10...30), seed: 2)
        corpus.add("The quick brown fox jumps over the lazy dog, and the dog does not even look up.")
        try LanguageModel.write(KneserNey.estimate(corpus, order: 3), to: url)
        return Array(try Data(contentsOf: url))
    }

    static let strokes = [
        Stroke((0..<10).map { Sample(x: Float($0), y: 2, time: Int64($0) * 7500, pressure: 0.5, tiltX: 1, tiltY: 2) }),
        Stroke([Sample(x: 1, y: 2), Sample(x: 3, y: 4, time: -5)]), Stroke(),
    ]
    static let ink = Evidence.ink(strokes).blob

    static let vectors = Evidence.vectors(
        SensorVectors(channels: ["x", "y", "z"], rate: 50, values: (0..<30).map { $0 == 7 ? .nan : Float($0) / 3 })
    ).blob

    private static func made(_ make: () throws -> [UInt8]) -> [UInt8] {
        do { return try make() } catch { fatalError("a seed cannot be made: \(error)") }
    }
}
