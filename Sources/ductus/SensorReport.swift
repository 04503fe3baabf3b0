import Foundation
import Ink
import Recognition
import Streaming

/// What `evaluate` prints for models that read sensors.
struct SensorReport {
    let command: EvaluateCommand

    private struct Report: Encodable {
        var recordings, frames: Int
        var accuracy, macro_f1, segment_error: Double?
        var accuracy_unsmoothed, segment_error_unsmoothed: Double?
        var accuracy_streamed, macro_f1_streamed, segment_error_streamed: Double?
        var characters: Int?
        var cer, wer, ece: Double?
    }

    func print(_ model: Model) throws {
        var recordings = try SensorRecording.read(URL(filePath: command.data))
        if !command.subjects.isEmpty {
            let subjects = Set(command.subjects)
            recordings = recordings.filter { subjects.contains($0.subject) }
        }
        if let limit = command.limit { recordings = Array(recordings.prefix(limit)) }
        let evaluation = try SensorEvaluation.run(model, on: recordings, decoding: command.options.decoding)
        if let path = command.confusion, let frames = evaluation.frames { try draw(frames, into: path) }
        let streamed = try command.lookahead.map { try stream(recordings, model: model, lookahead: $0) }
        var report = report(evaluation, recordings: recordings.count)
        report.accuracy_streamed = streamed?.accuracy
        report.macro_f1_streamed = streamed?.macroF1
        report.segment_error_streamed = streamed?.segmentError
        if command.json { return try printJSON(report) }
        Swift.print("\(report.recordings) recordings, \(report.frames) frames")
        if let frames = evaluation.frames, let plain = evaluation.unsmoothed {
            Swift.print(
                """
                frame accuracy        \(percent(frames.accuracy))   without smoothing \(percent(plain.accuracy))
                macro F1              \(percent(frames.macroF1))   without smoothing \(percent(plain.macroF1))
                segment error         \(percent(frames.segmentError))   without smoothing \(percent(plain.segmentError))
                """)
            if let streamed {
                Swift.print(
                    """
                    while it streams       accuracy \(percent(streamed.accuracy))   macro F1 \(percent(streamed.macroF1))   \
                    segment error \(percent(streamed.segmentError))
                    """)
            }
        } else {
            Swift.print(
                """
                character error rate  \(percent(evaluation.text.cer))
                word error rate       \(percent(evaluation.text.wer))
                calibration error     \(percent(evaluation.text.ece))
                """)
        }
    }

    private func stream(_ recordings: [SensorRecording], model: Model, lookahead: Int) throws -> FrameEvaluation {
        let reader = try StreamedSensorReader(
            model: model, window: WindowRule(chunk: max(1, lookahead / 2), lookahead: max(0, lookahead)))
        var evaluation = FrameEvaluation(names: model.alphabet.symbols)
        for recording in recordings { reader.add(recording, to: &evaluation) }
        return evaluation
    }

    private func report(_ evaluation: SensorEvaluation, recordings: Int) -> Report {
        guard let frames = evaluation.frames, let plain = evaluation.unsmoothed else {
            let text = evaluation.text
            return Report(
                recordings: recordings, frames: text.frames, characters: text.characters, cer: text.cer, wer: text.wer,
                ece: text.ece)
        }
        return Report(
            recordings: recordings, frames: frames.frames, accuracy: frames.accuracy, macro_f1: frames.macroF1,
            segment_error: frames.segmentError, accuracy_unsmoothed: plain.accuracy,
            segment_error_unsmoothed: plain.segmentError)
    }

    private func draw(_ frames: FrameEvaluation, into path: String) throws {
        let count = frames.names.count
        let rows = (0..<count).map { row in (0..<count).map { frames.confusion[row * count + $0] } }
        let drawing = ConfusionPicture(title: "Frames by label", names: frames.names, counts: rows).drawing()
        let data = path.hasSuffix(".png") ? try drawing.png() : Data(drawing.svg().utf8)
        try data.write(to: URL(filePath: path), options: .atomic)
    }
}
