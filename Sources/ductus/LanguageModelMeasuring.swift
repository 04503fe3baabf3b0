import ArgumentParser
import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation

/// A language model of either kind, by the name of its file.
private enum AnyLanguageModel {
    case ngrams(LanguageModel)
    case recurrent(RecurrentLanguageModel)

    init(contentsOf url: URL) throws {
        self =
            RecurrentLanguageModel.isWeightFile(url)
            ? .recurrent(try RecurrentLanguageModel(contentsOf: url)) : .ngrams(try LanguageModel(contentsOf: url))
    }

    /// The natural log probability of each line and its end.
    func logProbabilities(of lines: [String]) throws -> [Double] {
        switch self {
        case .ngrams(let model): lines.map { model.logProbability(of: $0) }
        case .recurrent(let model):
            try model.logProbabilities(of: lines.map(model.encode), workspace: Workspace())
        }
    }
}

extension LanguageModelCommand {
    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write text drawn from a model, as it is drawn.")

        @Option(help: "Language model file, of either kind.")
        var model: String

        @Option(help: "Seed; the same one gives the same text.")
        var seed: UInt64 = 1

        @Option(help: "Characters to write.")
        var length = 500

        @Option(help: "Below 1 the likely is preferred, above 1 the unlikely gets its chance.")
        var temperature = 1.0

        @Option(help: "Draw among the likeliest characters that together have this share of the probability, up to 1.")
        var nucleus = 1.0

        @Option(help: "What the text begins with.")
        var prompt = ""

        func validate() throws {
            guard length >= 0 else { throw ValidationError("--length must not be negative") }
            guard temperature > 0, temperature.isFinite else { throw ValidationError("--temperature must be above 0") }
            guard nucleus > 0, nucleus <= 1 else { throw ValidationError("--nucleus is a share above 0, up to 1") }
        }

        func run() throws {
            print(prompt, terminator: "")
            switch try AnyLanguageModel(contentsOf: URL(filePath: model)) {
            case .ngrams(let model): try draw(from: NGramPredictor(model))
            case .recurrent(let model): try draw(from: RecurrentPredictor(model))
            }
            print()
        }

        private func draw(from predictor: some CharacterPredictor) throws {
            var predictor = predictor
            var generator = SplitMix64(seed: seed)
            try TextSampler(temperature: temperature, nucleus: nucleus).draw(
                length, from: &predictor, prompt: prompt, using: &generator
            ) { symbol in
                print(symbol, terminator: "")
                if Terminal.isInteractive { fflush(nil) }
            }
        }
    }

    struct Perplexity: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure a model on text: bits per character, each line's end counted as one.")

        @Option(help: "Language model file, of either kind.")
        var model: String

        @Option(help: "A second model, whose probabilities are mixed with the first one's, character by character.")
        var mixedWith: String?

        @Option(help: "The second model's share of the mixture.")
        var share = 0.5

        @Argument(help: "Text files (lines) or labelled lines (.ndjson, .ndjson.gz).")
        var texts: [String]

        @Flag(help: "Print one JSON object per file.")
        var json = false

        struct Report: Encodable {
            var file: String
            var lines, characters: Int
            var bits_per_character: Double
            var perplexity: Double
        }

        func validate() throws {
            guard share > 0, share < 1 else { throw ValidationError("--share lies between 0 and 1") }
        }

        func run() throws {
            let model = try AnyLanguageModel(contentsOf: URL(filePath: model))
            let other = try mixedWith.map { try AnyLanguageModel(contentsOf: URL(filePath: $0)) }
            for file in texts {
                let lines = try transcriptTexts(file)
                let characters = lines.reduce(0) { $0 + $1.count }
                let nats =
                    try other.map { -(try Self.mixed(model, $0, share, lines)) }
                    ?? -(try model.logProbabilities(of: lines).reduce(0, +))
                let bits = characters + lines.count == 0 ? 0 : nats / log(2.0) / Double(characters + lines.count)
                let report = Report(
                    file: file, lines: lines.count, characters: characters, bits_per_character: bits,
                    perplexity: exp2(bits))
                if json {
                    try printJSON(report)
                } else {
                    print(
                        "\(file): \(report.lines) lines, \(report.characters) characters, "
                            + String(format: "%.4f bits per character", bits))
                }
            }
        }

        /// The log probability of all lines under the mixture of two models' distributions.
        private static func mixed(
            _ one: AnyLanguageModel, _ other: AnyLanguageModel, _ share: Double, _ lines: [String]
        ) throws -> Double {
            let (first, second) = (
                try one.characterLogProbabilities(of: lines), try other.characterLogProbabilities(of: lines)
            )
            var sum = 0.0
            for (a, b) in zip(first, second) {
                guard a.count == b.count else {
                    throw ValidationError("--mixed-with: the two models do not know the same characters")
                }
                for (p, q) in zip(a, b) { sum += log((1 - share) * exp(p) + share * exp(q)) }
            }
            return sum
        }
    }
}

extension AnyLanguageModel {
    /// The natural log probability of each character of each line, and of its end.
    fileprivate func characterLogProbabilities(of lines: [String]) throws -> [[Double]] {
        switch self {
        case .ngrams(let model): lines.map(model.characterLogProbabilities)
        case .recurrent(let model):
            try model.characterLogProbabilities(of: lines.map(model.encode), workspace: Workspace())
        }
    }
}
