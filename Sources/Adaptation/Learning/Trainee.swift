/// A pipeline whose scopes can be trained.
public protocol Trainee: AnyObject, Sendable {
    /// The pipeline's name.
    var pipeline: String { get }

    /// Trains a scope's weights on its present corrections, and keeps the result if the gate lets it pass.
    ///
    /// - Parameter pause: called often. It may block; an error that it throws ends the training.
    func train(_ scope: Scope, pause: () throws -> Void)
}
