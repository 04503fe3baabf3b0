import Decoding
import Ink
import Recognition

extension Model {
    /// The same model with confidences that are probabilities, as far as these lines tell (Guo et al. 2017).
    ///
    /// - Parameter lines: of writers that the model was not trained on.
    public func calibrated(on lines: [InkLine], recipe: Recipe, threads: Int) throws -> Model {
        let evaluation = try Evaluation.run(
            with(calibration: nil), on: lines, decoding: .bestPath, threads: threads,
            timelessSources: recipe.sampling.timelessSources)
        guard !evaluation.confidences.isEmpty else { return self }
        return with(
            calibration: Calibration.fit(confidences: evaluation.confidences, correct: evaluation.isCorrect))
    }
}
