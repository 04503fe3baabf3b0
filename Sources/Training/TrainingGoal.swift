import DuctusNetwork

/// The goal of a training run, made from files: the examples, the architecture, the measure of errors, and the model
/// that is written.
public protocol TrainingGoal {
    /// The examples.
    var corpus: any Corpus { get }
    /// The layers of the network that is trained.
    var architecture: Architecture { get }
    /// Remarks on the data, for a person.
    var remarks: [String] { get }
    /// The error on each validation set, as a fraction.
    func errors(of network: Network) throws -> [String: Double]
    /// Writes the model with these weights.
    ///
    /// - Parameter isFinal: the run has ended; what is found out about a model at the end alone belongs to it.
    func write(_ network: Network, isFinal: Bool, to folder: TrainingFolder) throws
}
