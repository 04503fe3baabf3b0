import DuctusNetwork
import DuctusRecognition
import DuctusTraining

/// Learning from a sensor: texts of recordings, or labels of their spans.
struct LearningVectors: LearningKind {
    let configuration: VectorConfiguration

    /// Nobody's recordings stand for everyone's.
    var hasCanary: Bool { false }

    func target(of segment: LabelledSegment, for model: Model) -> Target? {
        guard let recording = recording(of: segment, for: model) else { return nil }
        switch model.task.form {
        case .transcription: return model.textTarget(of: segment)
        case .frameLabels:
            guard recording.spans.allSatisfy({ model.alphabet.symbols.contains($0.name) }) else { return nil }
            return .frames(recording.frameLabels(configuration, names: model.alphabet.symbols))
        }
    }

    func symbols(of text: String, for evidence: Evidence, by model: Model) -> [String]? {
        guard model.task.form == .frameLabels, case .vectors(let vectors) = evidence else {
            return text.map(String.init)
        }
        return SpanText.spans(of: text, in: vectors)?.map(\.name)
    }

    func corpus(of segments: [LabelledSegment], for model: Model, _ plan: LearningPlan, threads: Int) throws
        -> any Corpus
    {
        try VectorCorpus(
            segments.compactMap { target(of: $0, for: model) == nil ? nil : recording(of: $0, for: model) },
            configuration: configuration, task: model.task, alphabet: model.alphabet,
            augmentation: plan.vectorAugmentation, standardization: model.standardization)
    }

    /// The segment with its label, as training takes it; nil for other evidence than the model reads.
    private func recording(of segment: LabelledSegment, for model: Model) -> SensorRecording? {
        guard case .vectors(let vectors) = segment.evidence, vectors.channels == configuration.channels else {
            return nil
        }
        var recording = SensorRecording(
            id: segment.id, subject: "", rate: vectors.rate, channels: vectors.channels, values: vectors.values)
        switch model.task.form {
        case .transcription: recording.text = segment.text
        case .frameLabels:
            guard let spans = SpanText.spans(of: segment.text, in: vectors) else { return nil }
            recording.spans = spans
        }
        return recording
    }
}
