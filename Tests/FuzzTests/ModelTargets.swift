import Adaptation
import Decoding
import Foundation
import Ink
import Network
import Randomness
import Recognition
import StreamingTestSupport

extension FuzzTarget {
    /// Weights, language models, and what the journal keeps of ink and of vectors.
    static let models = [
        FuzzTarget("model.safetensors", share: 20_000, .binary, seeds: [Models.weights]) { bytes, _ in
            let file = try WeightFile(Safetensors(bytes: bytes))
            precondition(file.parameters.count == file.architecture.parameterCount && file.parameters.allSatisfy(\.isFinite))
        },
        // The header alone is changed; its length is made right, so that what lies behind the first check is reached.
        FuzzTarget(
            "model.header", share: 10_000,
            .text(tokens: [
                "\"", "{", "}", "[", "]", ",", ":", "null", "\\u0000", "\\", "F16", "F64", "shape", "dtype", "data_offsets", "__metadata__", "\"x\":{}",
                "lstm", "gru", "linear", "recurrent", "convolution1D",
            ]), seeds: [Models.header]
        ) { bytes, _ in
            let length = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
            let file = try WeightFile(Safetensors(bytes: length + bytes + Models.weights.dropFirst(8 + Models.header.count)))
            _ = try Model(file, name: "fuzz", path: "fuzz")
        },
        FuzzTarget("language.compact", share: 15_000, .binary, seeds: [Models.compact]) { bytes, file in
            try Models.use(LanguageModel(contentsOf: file.holding(bytes)))
        },
        FuzzTarget(
            "language.arpa", share: 5_000, .text(tokens: ["\\data\\\n", "\\end\\\n", "ngram 1=", "\\2-grams:\n", "\t", "<s>", "</s>", "<unk>", "▁", "<space>"]),
            seeds: [Models.arpa]
        ) { bytes, file in try Models.use(LanguageModel(contentsOf: file.holding(bytes))) },
        FuzzTarget("journal.ink", share: 3_000, .binary, seeds: [Models.ink]) { bytes, _ in
            guard InkBlob.decode(bytes) != nil else { throw Models.Refused() }
        },
        FuzzTarget("journal.vectors", share: 2_000, .binary, seeds: [Models.vectors]) { bytes, _ in
            guard VectorBlob.decode(bytes) != nil else { throw Models.Refused() }
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

    static let weights = made { Array(try TinyModel.make().weightFile().contents().encoded()) }
    static let header = Array(weights[8..<8 + (Int(weights[0]) | Int(weights[1]) << 8)])

    static let arpa = Array(
        """
        \\data\\
        ngram 1=5
        ngram 2=5

        \\1-grams:
        -99\t<s>\t-0.2
        -0.8\t</s>
        -0.5\ta\t-0.6
        -0.5\tb\t-0.5
        -0.7\t<space>

        \\2-grams:
        -0.2\t<s> a
        -0.1\ta b
        -0.15\tb a
        -0.9\tb </s>
        -0.8\ta <space>

        \\end\\
        """.utf8)

    static let compact = made {
        let file = try ScratchFile()
        let url = URL(fileURLWithPath: file.path)
        var corpus = try TextCorpus(alphabet: .printableASCII, cutting: .pieces(of: 10...30), seed: 2)
        corpus.add("The quick brown fox jumps over the lazy dog, and the dog does not even look up.")
        try LanguageModel.write(KneserNey.estimate(corpus, order: 3), to: url)
        return Array(try Data(contentsOf: url))
    }

    static let ink = InkBlob.encode([
        Stroke((0..<10).map { Sample(x: Float($0), y: 2, time: Int64($0) * 7500, pressure: 0.5, tiltX: 1, tiltY: 2) }),
        Stroke([Sample(x: 1, y: 2), Sample(x: 3, y: 4, time: -5)]), Stroke(),
    ])

    static let vectors = VectorBlob.encode(
        SensorVectors(channels: ["x", "y", "z"], rate: 50, values: (0..<30).map { $0 == 7 ? .nan : Float($0) / 3 }))

    private static func made(_ make: () throws -> [UInt8]) -> [UInt8] {
        do { return try make() } catch { fatalError("a seed cannot be made: \(error)") }
    }
}
