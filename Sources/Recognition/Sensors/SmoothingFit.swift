import DuctusDecoding

extension Model {
    /// Chooses the weights of a model's smoothing on labelled recordings: the share of the classes' priors that is
    /// divided out, and the weight of transitions against posteriors.
    ///
    /// The criterion is accuracy plus macro F1, so that neither frequent nor rare labels pay for the others.
    /// - Throws: `ModelError.wrongInput` where the model reads ink.
    public func withFittedSmoothing(on recordings: [SensorRecording]) throws -> Model {
        guard case .vectors(let configuration) = input else {
            throw ModelError.wrongInput(model: name, expected: "ink")
        }
        guard let transitions, !recordings.isEmpty else { return self }
        var candidates: [(transitions: TransitionModel, evaluation: FrameEvaluation)] = []
        for priorWeight in [0, 0.25, 0.5, 0.75, 1] as [Float] {
            for transitionWeight in [0.25, 0.5, 1, 1.5, 2] as [Float] {
                var candidate = transitions
                candidate.priorWeight = priorWeight
                candidate.transitionWeight = transitionWeight
                candidates.append((candidate, FrameEvaluation(names: alphabet.symbols)))
            }
        }
        let recognizer = try SensorRecognizer(model: self)
        for recording in recordings {
            let reference = recording.frameLabels(configuration, names: alphabet.symbols)
            let labels = try recognizer.labels(of: recording, smoothedBy: candidates.map(\.transitions))
            for index in candidates.indices {
                candidates[index].evaluation.add(reference: reference, recognized: labels[index])
            }
        }
        func merit(_ evaluation: FrameEvaluation) -> Double { evaluation.accuracy + evaluation.macroF1 }
        let best = candidates.max { merit($0.evaluation) < merit($1.evaluation) }
        return best.map { with(transitions: $0.transitions) } ?? self
    }
}
