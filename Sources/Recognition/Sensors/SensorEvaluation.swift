import DuctusDecoding

/// The accuracy of a model on labelled sensor recordings, by frames or by text as its task is.
public struct SensorEvaluation {
    /// Of a model that labels every frame, smoothed by its transitions.
    public var frames: FrameEvaluation?
    /// The same figures without smoothing, to tell what smoothing gains.
    public var unsmoothed: FrameEvaluation?
    /// Of a model that transcribes.
    public var text = Evaluation()

    /// An evaluation of no recording.
    public init() {}

    /// Reads every recording and counts the errors.
    public static func run(
        _ model: Model, on recordings: [SensorRecording], decoding: Recognizer.Decoding = .bestPath
    ) throws -> SensorEvaluation {
        guard case .vectors(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        var evaluation = SensorEvaluation()
        let recognizer = try SensorRecognizer(model: model, decoding: decoding)
        switch model.task.form {
        case .transcription:
            for recording in recordings {
                guard let text = recording.text else { continue }
                let start = ContinuousClock.now
                let recognized = try recognizer.transcribe(recording)
                evaluation.text.seconds += (ContinuousClock.now - start) / .seconds(1)
                evaluation.text.add(reference: text, recognized: recognized, group: recording.subject)
            }
        case .frameLabels:
            var (smoothed, plain) = (
                FrameEvaluation(names: model.alphabet.symbols), FrameEvaluation(names: model.alphabet.symbols)
            )
            for recording in recordings {
                let reference = recording.frameLabels(configuration, names: model.alphabet.symbols)
                let labels = try recognizer.labels(of: recording)
                smoothed.add(reference: reference, recognized: labels.smoothed)
                plain.add(reference: reference, recognized: labels.plain)
            }
            evaluation.frames = smoothed
            evaluation.unsmoothed = plain
        }
        return evaluation
    }
}
