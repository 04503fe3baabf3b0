import DuctusNetwork
import Foundation

/// The state of a training run: everything that resuming needs beside the recipe and the data.
struct TrainingState {
    /// Epochs that are complete, and steps done of the one that is not.
    var epoch = 0
    var stepInEpoch = 0
    /// Steps of all epochs.
    var step = 0
    /// The weights as of the last checkpoint. In between they are in the run's `Backpropagation`.
    var parameters: [Float]
    var optimizer: AdamW
    var average: MovingAverage
    var history: [EpochRecord] = []
    /// The averaged weights of the best epoch so far, and its error.
    var best: [Float]
    var bestError = Double.infinity
    var bestEpoch = 0
    /// The loss so far of the epoch that is not complete, and the labels that it was summed over.
    var lossSum = 0.0
    var lossLabels = 0
}

/// One line of a run's metrics file.
public struct EpochRecord: Sendable, Codable, Equatable {
    public var epoch: Int
    /// Mean loss per label over the epoch, with augmentation and dropout.
    public var loss: Double
    /// Error of the averaged weights on each validation set, by its name, as a fraction.
    public var errors: [String: Double]
    /// The learning rate of the epoch's last step.
    public var learningRate: Float
    /// The norm of the last step's gradient, before clipping.
    public var gradientNorm: Float
    /// The norms of the last step's gradient by layer, before clipping.
    public var gradientNorms: [Float]
    public var frames: Int
    /// Duration of the epoch, in seconds.
    public var seconds: Double

    /// Mean over the validation sets: what early stopping looks at.
    public var error: Double { errors.isEmpty ? loss : errors.values.sorted().reduce(0, +) / Double(errors.count) }
}

extension TrainingState {
    private struct Progress: Codable {
        var epoch, stepInEpoch, step, averageSteps: Int
        var history: [EpochRecord]
        var bestError: Double?
        var bestEpoch: Int
        var lossSum: Double
        var lossLabels: Int
        var recipe: Recipe
    }

    private static let key = "ductus.training"

    /// Writes everything; a crash leaves the old checkpoint or the new one.
    func write(to url: URL, architecture: Architecture, recipe: Recipe) throws {
        let progress = Progress(
            epoch: epoch, stepInEpoch: stepInEpoch, step: step, averageSteps: average.steps, history: history,
            bestError: bestError.isFinite ? bestError : nil, bestEpoch: bestEpoch, lossSum: lossSum,
            lossLabels: lossLabels, recipe: recipe)
        var extras = optimizer.tensors()
        extras["average"] = Tensor(average.average)
        extras["best"] = Tensor(best)
        let json = String(decoding: try JSONEncoder().encode(progress), as: UTF8.self)
        try WeightFile(
            architecture: architecture, parameters: parameters, extras: extras, metadata: [Self.key: json]
        ).write(to: url)
    }

    /// Takes a checkpoint up, if it is of the same recipe; the number of epochs alone may differ.
    mutating func restore(from url: URL, architecture: Architecture, recipe: Recipe) throws {
        func refused(_ reason: String) -> TrainingError { .checkpointOfAnotherRun(path: url.path, reason: reason) }
        let file = try WeightFile(contentsOf: url)
        guard let json = file.metadata[Self.key],
            let progress = try? JSONDecoder().decode(Progress.self, from: Data(json.utf8))
        else { throw refused("it holds no training run") }
        var theirs = progress.recipe
        theirs.optimization.epochs = recipe.optimization.epochs
        guard theirs == recipe, file.architecture == architecture else { throw refused("it is of another recipe") }
        guard let average = file.extras["average"]?.values, average.count == parameters.count,
            let best = file.extras["best"]?.values, best.count == parameters.count
        else { throw refused("its averages are missing") }
        try optimizer.restore(file.extras)
        parameters = file.parameters
        self.average = MovingAverage(
            decay: recipe.optimization.averageDecay, parameters: average, steps: progress.averageSteps)
        self.best = best
        (epoch, stepInEpoch, step) = (progress.epoch, progress.stepInEpoch, progress.step)
        history = progress.history
        bestError = progress.bestError ?? .infinity
        bestEpoch = progress.bestEpoch
        (lossSum, lossLabels) = (progress.lossSum, progress.lossLabels)
    }
}
