import ArgumentParser
import DuctusDecoding
import DuctusInk
import DuctusRandomness
import Foundation

/// Builds, trains, samples and measures character language models.
struct LanguageModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language-model", abstract: "Build, train, sample and measure character language models.",
        subcommands: [Build.self, Train.self, Export.self, Sample.self, Perplexity.self, Words.self])

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Estimate a model from text (interpolated modified Kneser-Ney) and write its compact file.")

        @OptionGroup var corpus: CorpusOptions

        @Option(name: .shortAndLong, help: "File to write.")
        var out: String

        @Option(help: "Longest n-gram, 1 to 9.")
        var order = 8

        @Option(help: "Largest file in MiB; the n-grams that are missed least are left out.")
        var megabytes: Double?

        @Option(help: "Leave out n-grams that gain less than so many nats on the training text.")
        var prune: Float?

        func validate() throws {
            guard prune == nil || megabytes == nil else { throw ValidationError("--prune or --megabytes, not both") }
        }

        func run() throws {
            let corpus = try corpus.training(alphabet: .printableASCII)
            let pruning: KneserNey.Pruning =
                if let megabytes { .size(bytes: Int(megabytes * 1_048_576)) } else if let prune {
                    .threshold(prune)
                } else { .none }
            let levels = try KneserNey.estimate(corpus, order: order, pruning: pruning) { Terminal.error($0) }
            let size = try LanguageModel.write(levels, to: URL(filePath: out))
            Terminal.error("\(out): order \(order), \(levels.count) n-grams, \(size) bytes")
        }
    }

    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write text drawn from a model.")

        @Option(help: "Language model file.")
        var model: String

        @Option(help: "Seed; the same one gives the same text.")
        var seed: UInt64 = 1

        @Option(help: "Characters to write.")
        var length = 500

        func run() throws {
            var generator = SplitMix64(seed: seed)
            print(try LanguageModel(contentsOf: URL(filePath: model)).sample(length: max(0, length), using: &generator))
        }
    }

    struct Perplexity: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure a model on text: bits per character, each line's end counted as one.")

        @Option(help: "Language model file.")
        var model: String

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

        func run() throws {
            let model = try LanguageModel(contentsOf: URL(filePath: model))
            for file in texts {
                let lines = try transcriptTexts(file)
                let bits = model.bitsPerCharacter(lines: lines)
                let report = Report(
                    file: file, lines: lines.count, characters: lines.reduce(0) { $0 + $1.count },
                    bits_per_character: bits, perplexity: exp2(bits))
                if json {
                    try printJSON(report)
                } else {
                    print(
                        "\(file): \(report.lines) lines, \(report.characters) characters, "
                            + String(format: "%.4f bits per character", bits))
                }
            }
        }
    }

    struct Words: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the words of texts, most frequent first: a lexicon.")

        @Argument(help: "Text files, plain or gzip; folders stand for their .txt files.")
        var texts: [String]

        @Option(help: "Leave out words that occur less often.")
        var atLeast = 3

        @Flag(help: "How often each occurs, behind a tab.")
        var counts = false

        func run() throws {
            var found = WordCounts()
            for file in try texts.flatMap(textFiles) {
                try forEachLine(of: file) { found.add($0) }
            }
            for (word, count) in found.sorted(atLeast: atLeast) { print(counts ? "\(word)\t\(count)" : word) }
        }
    }
}
