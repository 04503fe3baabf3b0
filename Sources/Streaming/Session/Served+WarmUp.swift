import DuctusDecoding
import DuctusNetwork
import DuctusRecognition

extension Served {
    /// Warms the model up: reads an empty input once in every way in which streams are read. The first pass touches the
    /// memory of weights and decoder for the first time, and no stream should wait for it.
    ///
    /// - Throws: the error that keeps the model from reading, so that a daemon finds it at its start.
    public func warmUp(decoding: Recognizer.Decoding) throws {
        let workspace = Workspace()
        let recognizer = Recognizer(model: model, decoding: decoding)
        for network in [model.network, provisional] {
            var frames = Batch(dimension: network.architecture.input)
            frames.append([Float](repeating: 0, count: Self.frames * network.architecture.input))
            let window = Window(state: network.makeState(), chunk: Self.frames / 2, isEnd: false)
            _ = try network.advance([window], frames: frames, workspace: workspace)
            let whole = try network.forward(frames, workspace: workspace)[0]
            guard network === model.network else { continue }
            let posteriors = Posteriors(whole.values, frames: whole.frames, labels: network.architecture.output)
            switch model.task.form {
            case .transcription: _ = recognizer.read(posteriors)
            case .frameLabels:
                var labeler = FrameLabeler(model)
                _ = labeler.advance(posteriors, chunk: posteriors.frames)
            }
        }
    }

    private static let frames = 128
}
