import ArgumentParser
import DuctusDecoding
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusRandomness
import Foundation

extension TranscriptStyle: ExpressibleByArgument {}

/// Builds, samples and measures character n-gram models.
struct LanguageModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language-model", abstract: "Build, sample and measure character n-gram models.",
        subcommands: [Build.self, Sample.self, Perplexity.self, Words.self])

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Estimate a model from text (interpolated modified Kneser-Ney) and write its compact file.")

        @Argument(
            help: "Text files, one paragraph or line per line, plain or gzip; folders stand for their .txt files.")
        var texts: [String] = []

        @Option(name: .shortAndLong, help: "File to write.")
        var out: String

        @Option(help: "Longest n-gram, 1 to 9.")
        var order = 8

        @Option(help: "Largest file in MiB; the n-grams that are missed least are left out.")
        var megabytes: Double?

        @Option(help: "Leave out n-grams that gain less than so many nats on the training text.")
        var prune: Float?

        @Flag(help: "Cut paragraphs into pieces like handwritten lines, beginning anywhere in a sentence.")
        var pieces = false

        @Option(help: "Shortest piece in characters.")
        var shortest = 15

        @Option(help: "Longest piece in characters.")
        var longest = 60

        @Option(help: "Style of the transcripts that the model is for: \(TranscriptStyle.allCases.map(\.rawValue)).")
        var tokenize: TranscriptStyle = .plain

        @Option(help: "Labelled lines (.ndjson, .ndjson.gz) or plain lines, whose text is taken as it is.")
        var transcripts: [String] = []

        @Option(help: "How often each transcript counts.")
        var copies = 5

        @Option(help: "Seed of the cutting.")
        var seed: UInt64 = 1

        func validate() throws {
            guard !texts.isEmpty || !transcripts.isEmpty else {
                throw ValidationError("give at least one text or --transcripts")
            }
            guard shortest > 0, shortest <= longest else { throw ValidationError("--shortest above --longest") }
            guard copies > 0 else { throw ValidationError("--copies must be at least 1") }
            guard prune == nil || megabytes == nil else { throw ValidationError("--prune or --megabytes, not both") }
        }

        func run() throws {
            var corpus = try TextCorpus(
                alphabet: .printableASCII, cutting: pieces ? .pieces(of: shortest...longest) : .whole, style: tokenize,
                seed: seed)
            for file in try texts.flatMap(textFiles) {
                try forEachLine(of: file) { corpus.add($0) }
            }
            for file in transcripts {
                for text in try transcriptTexts(file) { corpus.addTranscript(text, copies: copies) }
            }
            if corpus.droppedCount > 0 {
                Terminal.error("left out \(corpus.droppedCount) characters that are not printable ASCII")
            }
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

/// The texts of labelled lines, or the lines of a text file.
private func transcriptTexts(_ path: String) throws -> [String] {
    if path.hasSuffix(".ndjson") || path.hasSuffix(".ndjson.gz") {
        return try JSONLines.read(URL(filePath: path)).compactMap(\.text)
    }
    var lines: [String] = []
    try forEachLine(of: URL(filePath: path)) { lines.append($0) }
    return lines
}

/// A file itself, or the .txt and .txt.gz files of a folder by name.
private func textFiles(_ path: String) throws -> [URL] {
    let url = URL(filePath: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [url] }
    return try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
        .filter { $0.path.hasSuffix(".txt") || $0.path.hasSuffix(".txt.gz") }
        .sorted { $0.path < $1.path }
}

private func forEachLine(of file: URL, _ body: (String) -> Void) throws {
    let reader = try LineReader(file)
    while let line = try reader.next() { body(String(decoding: line, as: UTF8.self)) }
}
