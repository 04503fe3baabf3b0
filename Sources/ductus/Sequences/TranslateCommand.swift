import ArgumentParser
import DuctusDecoding
import DuctusFoundations
import DuctusRecognition
import Foundation

struct TranslateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate",
        abstract: "Turn lines of text into others with a sequence-to-sequence model.",
        discussion: "Train one with `ductus train` and a recipe whose task is sequence-to-sequence.")

    @Option(help: "Model folder or weight file.")
    var model: String

    @Argument(help: "Text file, a line each, plain or gzip; - is standard input.")
    var file = "-"

    @Option(help: "Readings that the search keeps at each length; 1 is greedy. Default: the model's.")
    var beamWidth: Int?

    @Option(help: "How many outputs to print for each line with --json.")
    var alternatives = 1

    @Flag(help: "Print one JSON object per line.")
    var json = false

    struct Line: Encodable {
        var source: String
        var text: String
        var alternatives: [Alternative]

        struct Alternative: Encodable {
            var text: String
            /// Natural logarithm of its probability.
            var log_probability: Double
        }
    }

    func validate() throws {
        guard beamWidth.map({ (1...1024).contains($0) }) ?? true else {
            throw ValidationError("--beam-width lies between 1 and 1024")
        }
        guard alternatives > 0 else { throw ValidationError("--alternatives must be positive") }
    }

    func run() throws {
        var model = try SequenceModel(contentsOf: URL(filePath: model))
        if let beamWidth {
            var search = model.search
            search.beamWidth = beamWidth
            model = try model.with(search: search)
        }
        let reader = SequenceReader(model)
        let lines = try LineReader(path: file, maximumBytes: 1 << 20)
        while let bytes = try lines.next() {
            let source = String(decoding: bytes, as: UTF8.self)
            let frames: [Float]
            do {
                frames = try model.source.frames(of: source, model: model.name)
            } catch let fault as Alphabet.Fault {
                throw FileError.malformed(
                    path: lines.path, line: lines.line, reason: "\(fault)", remedy: "Or train a model on such texts.")
            }
            let readings = source.isEmpty ? [] : try reader.read(frames, limit: alternatives)
            let texts = readings.map { model.alphabet.decode($0.labels) }
            guard json else {
                print(texts.first ?? "")
                continue
            }
            try printJSON(
                Line(
                    source: source, text: texts.first ?? "",
                    alternatives: zip(texts, readings).map { .init(text: $0, log_probability: $1.logProbability) }))
        }
    }
}
