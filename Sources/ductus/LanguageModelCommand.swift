import ArgumentParser
import DuctusDecoding
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation

/// Builds, trains, samples and measures character language models.
struct LanguageModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language-model", abstract: "Build, train, sample and measure character language models.",
        subcommands: [
            Build.self, Train.self, Text.self, Export.self, Sample.self, Perplexity.self, Probe.self, Words.self,
        ])

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

        @Option(
            help: ArgumentHelp(
                "File of the model's symbols: a JSON list, or a recipe or model folder that has one. Default: printable ASCII."
            ))
        var alphabet: String?

        func validate() throws {
            guard prune == nil || megabytes == nil else { throw ValidationError("--prune or --megabytes, not both") }
        }

        func run() throws {
            let corpus = try corpus.training(alphabet: AlphabetFile.read(alphabet))
            let pruning: KneserNey.Pruning =
                if let megabytes { .size(bytes: Int(megabytes * 1_048_576)) } else if let prune {
                    .threshold(prune)
                } else { .none }
            let levels = try KneserNey.estimate(corpus, order: order, pruning: pruning) { Terminal.error($0) }
            let size = try LanguageModel.write(levels, to: URL(filePath: out))
            Terminal.error("\(out): order \(order), \(levels.count) n-grams, \(size) bytes")
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
