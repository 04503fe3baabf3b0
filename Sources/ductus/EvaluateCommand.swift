import ArgumentParser
import DuctusDecoding
import DuctusDocuments
import DuctusDrawing
import DuctusFoundations
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import Foundation
import Synchronization

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure how well a model reads labelled ink or sensor recordings, or turns texts into others.")

    @OptionGroup var options: ModelOptions

    @Option(
        help:
            "Labelled lines: JSON lines, plain or gzip. Of models that turn texts into others: pairs with a tab between."
    )
    var data: String

    /// The mode of measuring: a line or recording read as a whole, or as the daemon reads it while it arrives.
    enum Mode: String, CaseIterable, ExpressibleByArgument {
        case exact, streaming
    }

    @Option(
        help: ArgumentHelp(
            "Read lines whole, or as the daemon does while they are written: its last partial before the end.",
            discussion: "Of a sensor whose frames are labelled: the labels as they became final."))
    var mode: Mode = .exact

    @Option(help: "Read only the first lines.")
    var limit: Int?

    @Option(help: "Threads to read with.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "List the errors of every source and writer.")
    var byWriter = false

    @Option(help: "List the words read wrongly that are not in this list, one a line: what is no word at all.")
    var nonWords: String?

    @Option(parsing: .upToNextOption, help: "Measure on the sensor recordings of these subjects alone.")
    var subjects: [String] = []

    @Option(
        help:
            "Streaming: frames to the right that a chunk may see; a sensor's chunk is half as long. Default: the daemon's own window."
    )
    var lookahead: Int?

    @Option(help: "Draw the confusion matrix of frame labels into this SVG or PNG file.")
    var confusion: String?

    @Option(
        help:
            "Sequence-to-sequence models of ink: the model whose readings are ranked anew. Default: the encoder's own."
    )
    var firstPass: String?

    @Option(help: "Sequence-to-sequence models of ink: weight of the decoder beside the first pass's score.")
    var attentionWeight = 0.5

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var lines, characters, words: Int
        var cer, wer, ece, seconds: Double
        var frames: Int
        // Words of the readings that neither the reference nor the list has.
        var non_words: Int?
        // Only for streaming: the same lines read as a whole, and the committed symbols that finals contradict.
        var exact_cer, relative_increase: Double?
        var contradicted: Int?
        var contradicted_share: Double?
    }

    func validate() throws {
        guard lookahead == nil || mode == .streaming else {
            throw ValidationError("--lookahead belongs to --mode streaming")
        }
        guard attentionWeight.isFinite, attentionWeight >= 0 else {
            throw ValidationError("--attention-weight is a number from 0")
        }
    }

    func run() throws {
        if let file = try SequenceModel.file(at: ModelOptions.location(of: options.model)) {
            return try SequenceReport(command: self).print(
                try SequenceModel(contentsOf: file, precision: options.precision))
        }
        let model = try options.load()
        if model.input.readsStrokes { try evaluateInk(model) } else { try SensorReport(command: self).print(model) }
    }

    private func evaluateInk(_ model: Model) throws {
        var lines = try InkFile.read(URL(filePath: data))
        if let limit { lines = Array(lines.prefix(limit)) }
        guard lines.contains(where: { $0.text != nil }) else {
            throw FileError.broken(
                path: data, place: "all lines", reason: "none says its text, so there is nothing to measure",
                remedy: "Give labelled lines, such as {\"text\":\"a\",\"strokes\":[[[0,1],[0,1]]]}.")
        }
        let total = lines.count
        let bar = Mutex(ProgressBar(total: total))
        let decoding = options.decoding
        let progress: @Sendable (Int) -> Void = { done in bar.withLock { $0.show(done, "\(done) of \(total) lines") } }
        var evaluation = try Evaluation.run(
            model, on: lines, decoding: decoding, threads: threads, progress: progress)
        var exact: Evaluation?
        let contradicted = Atomic<Int>(0)
        if mode == .streaming {
            exact = evaluation
            let window = WindowRule(lookahead: lookahead ?? WindowRule().lookahead)
            evaluation = try Evaluation.run(
                on: lines, threads: threads, progress: progress,
                makeReader: { StreamedReader(model: model, decoding: decoding, window: window) }
            ) { reader, strokes in
                let reading = reader.read(strokes)
                if reading.isContradicted { contradicted.add(1, ordering: .relaxed) }
                return reading.partial
            }
        }
        Terminal.endStatus()
        let beyond = try nonWords.map { list in
            var lexicon = Lexicon(alphabet: model.alphabet)
            try lexicon.insert(contentsOf: URL(filePath: list))
            return evaluation.nonWords(beyond: lexicon)
        }
        var report = Report(
            lines: evaluation.lines, characters: evaluation.characters, words: evaluation.words, cer: evaluation.cer,
            wer: evaluation.wer, ece: evaluation.ece, seconds: evaluation.seconds, frames: evaluation.frames)
        report.non_words = beyond.map { $0.reduce(0) { $0 + $1.count } }
        if let exact {
            report.exact_cer = exact.cer
            report.relative_increase = exact.cer > 0 ? evaluation.cer / exact.cer - 1 : 0
            report.contradicted = contradicted.load(ordering: .relaxed)
            report.contradicted_share = Double(contradicted.load(ordering: .relaxed)) / Double(max(1, evaluation.lines))
        }
        if json { return try printJSON(report) }
        print(
            """
            \(evaluation.lines) lines, \(evaluation.characters) characters, \(evaluation.words) words
            character error rate  \(percent(evaluation.cer))
            word error rate       \(percent(evaluation.wer))
            calibration error     \(percent(evaluation.ece))
            \(String(format: "%.1f ms per line", 1000 * evaluation.seconds / Double(max(1, evaluation.lines))))
            \(Self.text(ofStreaming: report))
            Most frequent confusions (written, read, count)
            """)
        for (confusion, count) in evaluation.topConfusions(20) {
            print("  \(shown(confusion.reference))  \(shown(confusion.recognized))  \(count)")
        }
        if let beyond {
            print("\n\(report.non_words ?? 0) words that are none")
            for (word, count) in beyond.prefix(50) { print("  \(word)  \(count)") }
        }
        guard byWriter else { return }
        print("\nBy source and writer (lines, characters, character error rate)")
        for (name, group) in evaluation.groups.sorted(by: { $0.value.edits > $1.value.edits }) {
            print("  \(name)  \(group.lines)  \(group.characters)  \(percent(group.cer))")
        }
    }

    private static func text(ofStreaming report: Report) -> String {
        guard let exact = report.exact_cer, let relative = report.relative_increase,
            let share = report.contradicted_share
        else { return "" }
        return
            "\(percent(relative)) above the exact \(percent(exact)); \(percent(share)) of the finals contradict what was committed\n"
    }

    private func shown(_ symbol: String) -> String {
        symbol.isEmpty ? "(nothing)" : symbol == " " ? "(space)" : symbol
    }
}
