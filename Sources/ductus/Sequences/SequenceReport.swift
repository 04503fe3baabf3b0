import ArgumentParser
import DuctusDecoding
import DuctusDocuments
import DuctusRecognition
import Foundation
import Synchronization

/// The report of `evaluate` on models that turn sequences into others.
struct SequenceReport {
    let command: EvaluateCommand

    /// Rates are fractions.
    private struct Report: Encodable {
        var sequences, characters: Int
        var accuracy, cer, wer, seconds: Double
    }

    /// The figures of a model that reads ink, for each way of using it.
    private struct SecondPassReport: Encodable {
        var lines, characters: Int
        // Error rates of the first pass, of the decoder by itself, of the first pass's readings ranked anew, and of the
        // best of them.
        var cer_first, cer_written, cer_ranked, cer_best_possible: Double
        var wer_first, wer_written, wer_ranked: Double
        // Seconds per line.
        var seconds_first, seconds_written, seconds_ranking: Double
    }

    func print(_ model: SequenceModel) throws {
        let others = [
            ("--mode streaming", command.mode == .streaming), ("--by-writer", command.byWriter),
            ("--non-words", command.nonWords != nil), ("--subjects", !command.subjects.isEmpty),
            ("--confusion", command.confusion != nil), ("--words", command.options.words != nil),
        ]
        if let unused = others.first(where: \.1) {
            throw ValidationError(
                "\(unused.0) says nothing of a model that turns whole sequences into others; leave it out")
        }
        switch model.source {
        case .text: try evaluatePairs(model)
        case .ink: try evaluateInk(model)
        }
    }

    private func evaluatePairs(_ model: SequenceModel) throws {
        var pairs = try TextPair.read(URL(filePath: command.data))
        if let limit = command.limit { pairs = Array(pairs.prefix(limit)) }
        let evaluation = try SequenceEvaluation.run(
            model, on: pairs, threads: max(1, command.threads), progress: Self.progress(pairs.count, "pairs"))
        Terminal.endStatus()
        if command.json {
            return try printJSON(
                Report(
                    sequences: evaluation.sequences, characters: evaluation.characters, accuracy: evaluation.accuracy,
                    cer: evaluation.cer, wer: evaluation.wer, seconds: evaluation.seconds))
        }
        Swift.print(
            """
            \(evaluation.sequences) pairs, \(evaluation.characters) characters
            wholly right          \(percent(evaluation.accuracy))
            character error rate  \(percent(evaluation.cer))
            word error rate       \(percent(evaluation.wer))
            \(String(format: "%.1f ms per pair", 1000 * evaluation.seconds / Double(max(1, evaluation.sequences))))
            """)
        for mistake in evaluation.mistakes.prefix(10) {
            Swift.print("  \(mistake.source) → \(mistake.read), not \(mistake.target)")
        }
    }

    private func evaluateInk(_ model: SequenceModel) throws {
        guard let own = try model.connectionistModel() else {
            throw ValidationError(
                "\(model.name): its encoder has no connectionist output, so there is no first pass; train it with "
                    + "\"connectionist\" above 0")
        }
        var reader = try command.firstPass.map { try Model(contentsOf: URL(filePath: $0)) } ?? own
        if let languageModel = command.options.languageModel {
            reader = reader.with(languageModel: try LanguageModel(contentsOf: URL(filePath: languageModel)))
        }
        var lines = try InkFile.read(URL(filePath: command.data))
        if let limit = command.limit { lines = Array(lines.prefix(limit)) }
        let pass = try SecondPass.run(
            model, after: reader, weight: command.attentionWeight, on: lines, threads: max(1, command.threads),
            progress: Self.progress(lines.count, "lines"))
        Terminal.endStatus()
        let count = Double(max(1, pass.first.sequences))
        let report = SecondPassReport(
            lines: pass.first.sequences, characters: pass.first.characters, cer_first: pass.first.cer,
            cer_written: pass.written.cer, cer_ranked: pass.ranked.cer, cer_best_possible: pass.bestPossible.cer,
            wer_first: pass.first.wer, wer_written: pass.written.wer, wer_ranked: pass.ranked.wer,
            seconds_first: pass.first.seconds / count, seconds_written: pass.written.seconds / count,
            seconds_ranking: pass.ranked.seconds / count)
        if command.json { return try printJSON(report) }
        func row(_ name: String, _ evaluation: SequenceEvaluation, _ seconds: Double?) -> String {
            name.padding(toLength: 44, withPad: " ", startingAt: 0) + percent(evaluation.cer)
                + "   words \(percent(evaluation.wer))"
                + (seconds.map { String(format: "   %.1f ms per line", 1000 * $0) } ?? "")
        }
        Swift.print("\(report.lines) lines, \(report.characters) characters; character error rates")
        Swift.print(row("first pass", pass.first, report.seconds_first))
        Swift.print(row("written by the decoder", pass.written, report.seconds_written))
        Swift.print(row("first pass, ranked by the decoder, too", pass.ranked, report.seconds_ranking))
        Swift.print(row("best of the first pass's readings", pass.bestPossible, nil))
    }

    private static func progress(_ total: Int, _ what: String) -> @Sendable (Int) -> Void {
        let bar = Shared(total)
        return { bar.show($0, "\($0) of \(total) \(what)") }
    }

    /// A bar that several threads draw.
    private final class Shared: Sendable {
        private let bar: Mutex<ProgressBar>

        init(_ total: Int) {
            bar = Mutex(ProgressBar(total: total))
        }

        func show(_ done: Int, _ remark: String) {
            bar.withLock { $0.show(done, remark) }
        }
    }
}
