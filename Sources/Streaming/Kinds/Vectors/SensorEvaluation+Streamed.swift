import DuctusDecoding
import DuctusRecognition

extension SensorEvaluation {
    /// Reads every recording as the daemon does while it arrives, and counts the errors of final labels, or of the last
    /// partial before the end for text.
    ///
    /// - Parameter window: the windows of reading. Its lookahead, in frames, matters most.
    /// - Returns: the errors, and how many finals contradict what that partial had committed.
    public static func streamed(
        _ model: Model, on recordings: [SensorRecording], decoding: Recognizer.Decoding = .bestPath, window: WindowRule
    ) throws -> (evaluation: SensorEvaluation, contradicted: Int) {
        guard case .vectors(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "ink")
        }
        let reader = try StreamedSensorReader(model: model, decoding: decoding, window: window)
        var evaluation = SensorEvaluation()
        var contradicted = 0
        switch model.task.form {
        case .transcription:
            for recording in recordings {
                guard let text = recording.text else { continue }
                let reading = try reader.read(recording).reading
                evaluation.text.add(reference: text, recognized: reading.partial, group: recording.subject)
                if reading.isContradicted { contradicted += 1 }
            }
        case .frameLabels:
            let names = model.alphabet.symbols
            var frames = FrameEvaluation(names: names)
            for recording in recordings {
                let reference = recording.frameLabels(configuration, names: names)
                let labels = try reader.labels(of: recording)
                // No label, or "unknown", is wrong.
                let recognized = zip(labels, reference).map { label, expected in
                    label ?? FrameLabel(label: (Int(expected) + 1) % names.count, confidence: 0)
                }
                frames.add(reference: reference, recognized: recognized)
            }
            evaluation.frames = frames
        }
        return (evaluation, contradicted)
    }
}
