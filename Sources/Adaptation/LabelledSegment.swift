import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusTraining

/// A segment with what it says: what the learner trains on, and what the gate measures on.
public struct LabelledSegment: Sendable, Equatable {
    public var id: String
    public var text: String
    public var evidence: Evidence

    public init(id: String, text: String, evidence: Evidence) {
        self.id = id
        self.text = text
        self.evidence = evidence
    }

    /// A line of ink; one without a text says nothing.
    public init(_ line: InkLine) {
        self.init(id: line.id, text: line.text ?? "", evidence: .ink(line.strokes))
    }
}

extension Model {
    /// What the network should give for a segment; nil where the model does not read such evidence, or cannot write the text.
    func target(of segment: LabelledSegment) -> Target? {
        switch (input, task) {
        case (.ink, .transcription):
            guard case .ink = segment.evidence else { return nil }
            return textTarget(of: segment)
        case (.vectors(let configuration), .transcription):
            guard case .vectors(let vectors) = segment.evidence, vectors.channels == configuration.channels else {
                return nil
            }
            return textTarget(of: segment)
        case (.vectors(let configuration), .frameLabels):
            guard let recording = recording(of: segment),
                recording.spans.allSatisfy({ alphabet.symbols.contains($0.name) })
            else { return nil }
            return .frames(recording.frameLabels(configuration, names: alphabet.symbols))
        case (.ink, .frameLabels): return nil
        }
    }

    private func textTarget(of segment: LabelledSegment) -> Target? {
        guard !segment.text.isEmpty, let labels = try? alphabet.encode(segment.text) else { return nil }
        return .ctc(labels.map(Int32.init))
    }

    /// A sensor's segment with its label, as training takes it; nil for other evidence than the model reads.
    private func recording(of segment: LabelledSegment) -> SensorRecording? {
        guard case .vectors(let configuration) = input, case .vectors(let vectors) = segment.evidence,
            vectors.channels == configuration.channels
        else { return nil }
        var recording = SensorRecording(
            id: segment.id, subject: "", rate: vectors.rate, channels: vectors.channels, values: vectors.values)
        switch task {
        case .transcription: recording.text = segment.text
        case .frameLabels:
            guard let spans = SpanText.spans(of: segment.text, in: vectors) else { return nil }
            recording.spans = spans
        }
        return recording
    }

    /// Labelled segments as examples to train this model on; those that it cannot read, or cannot write, are left out.
    public func corpus(of segments: [LabelledSegment], _ plan: LearningPlan = LearningPlan(), threads: Int) throws
        -> any Corpus
    {
        switch input {
        case .ink(let features):
            let lines = segments.compactMap { segment -> InkLine? in
                guard case .ink(let strokes) = segment.evidence else { return nil }
                // Without a source: what a segment's ink lacks, it lacks already.
                return InkLine(id: segment.id, text: segment.text, strokes: strokes)
            }
            return InkCorpus(
                [.init(lines)], features: features, alphabet: alphabet, augmentation: plan.augmentation,
                sampling: Recipe.Sampling(),
                standardization: standardization, threads: threads)
        case .vectors(let configuration):
            return try VectorCorpus(
                segments.compactMap { target(of: $0) == nil ? nil : recording(of: $0) }, configuration: configuration,
                task: task,
                alphabet: alphabet, augmentation: plan.vectorAugmentation, standardization: standardization)
        }
    }
}
