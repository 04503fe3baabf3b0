import DuctusDrawing
import DuctusFoundations
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import Foundation

/// The output of `evaluate` for models that read sensors.
struct SensorReport {
    let command: EvaluateCommand

    /// Rates are fractions. Without a prefix: as the command's mode reads.
    private struct Report: Encodable {
        var recordings, frames: Int
        // Figures of models that label every frame.
        var accuracy, macro_f1, segment_error: Double?
        var accuracy_unsmoothed, macro_f1_unsmoothed, segment_error_unsmoothed: Double?
        // Figures of models that transcribe.
        var characters: Int?
        var cer, wer: Double?
        /// Calibration error of the confidences.
        var ece: Double?
        // Only for streaming: the same recordings read as a whole.
        var exact_accuracy, exact_macro_f1, exact_segment_error, exact_cer: Double?
        var contradicted: Int?
    }

    func print(_ model: Model) throws {
        var recordings = try SensorRecording.read(URL(filePath: command.data))
        if !command.subjects.isEmpty {
            let subjects = Set(command.subjects)
            recordings = recordings.filter { subjects.contains($0.subject) }
        }
        if let limit = command.limit { recordings = Array(recordings.prefix(limit)) }
        let exact = try SensorEvaluation.run(model, on: recordings, decoding: command.options.decoding)
        var evaluation = exact
        var report = Report(recordings: recordings.count, frames: 0)
        if command.mode == .streaming {
            var window = WindowRule()
            if let lookahead = command.lookahead {
                window.lookahead = max(0, lookahead)
                window.chunk = max(1, lookahead / 2)
            }
            let streamed = try SensorEvaluation.streamed(
                model, on: recordings, decoding: command.options.decoding, window: window)
            evaluation = streamed.evaluation
            report.contradicted = exact.frames == nil ? streamed.contradicted : nil
            report.exact_accuracy = exact.frames?.accuracy
            report.exact_macro_f1 = exact.frames?.macroF1
            report.exact_segment_error = exact.frames?.segmentError
            report.exact_cer = exact.frames == nil ? exact.text.cer : nil
        }
        fill(&report, with: evaluation)
        if let path = command.confusion, let frames = evaluation.frames { try draw(frames, into: path) }
        if command.json { return try printJSON(report) }
        Swift.print(text(of: report))
    }

    private func fill(_ report: inout Report, with evaluation: SensorEvaluation) {
        guard let frames = evaluation.frames else {
            report.frames = evaluation.text.frames
            report.characters = evaluation.text.characters
            (report.cer, report.wer, report.ece) = (evaluation.text.cer, evaluation.text.wer, evaluation.text.ece)
            return
        }
        report.frames = frames.frames
        (report.accuracy, report.macro_f1, report.segment_error) = (
            frames.accuracy, frames.macroF1, frames.segmentError
        )
        report.ece = frames.ece
        report.accuracy_unsmoothed = evaluation.unsmoothed?.accuracy
        report.macro_f1_unsmoothed = evaluation.unsmoothed?.macroF1
        report.segment_error_unsmoothed = evaluation.unsmoothed?.segmentError
    }

    private func text(of report: Report) -> String {
        func line(_ name: String, _ rate: Double?, unsmoothed: Double? = nil, exact: Double? = nil) -> String? {
            guard let rate else { return nil }
            return name.padding(toLength: 22, withPad: " ", startingAt: 0) + percent(rate)
                + (unsmoothed.map { "   without smoothing \(percent($0))" } ?? "")
                + (exact.map { "   read whole \(percent($0))" } ?? "")
        }
        let lines = [
            "\(report.recordings) recordings, \(report.frames) frames",
            line(
                "frame accuracy", report.accuracy, unsmoothed: report.accuracy_unsmoothed, exact: report.exact_accuracy),
            line("macro F1", report.macro_f1, unsmoothed: report.macro_f1_unsmoothed, exact: report.exact_macro_f1),
            line(
                "segment error", report.segment_error, unsmoothed: report.segment_error_unsmoothed,
                exact: report.exact_segment_error),
            line("character error rate", report.cer, exact: report.exact_cer),
            line("word error rate", report.wer),
            line("calibration error", report.ece),
            report.contradicted.map { "\($0) finals contradict what was committed" },
        ]
        return lines.compactMap { $0 }.joined(separator: "\n")
    }

    private func draw(_ frames: FrameEvaluation, into path: String) throws {
        let count = frames.names.count
        let rows = (0..<count).map { row in (0..<count).map { frames.confusion[row * count + $0] } }
        let drawing = ConfusionPicture(title: "Frames by label", names: frames.names, counts: rows).drawing()
        let data = path.hasSuffix(".png") ? try drawing.png() : Data(drawing.svg().utf8)
        try AtomicFile.put(data, at: URL(filePath: path))
    }
}
