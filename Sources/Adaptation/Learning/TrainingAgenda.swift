/// The trainings that are due, in the order in which they are carried out.
///
/// A person waits for their own weights. The training of the shared weights can wait, so it comes last, and is
/// interrupted for a person's.
public struct TrainingAgenda: Sendable {
    /// A training that is due.
    public struct Task: Equatable, Sendable {
        /// The scope whose weights are trained.
        public var scope: Scope
        public var pipeline: String

        /// A training of the weights of `scope` in a pipeline.
        public init(_ scope: Scope, in pipeline: String) {
            self.scope = scope
            self.pipeline = pipeline
        }
    }

    /// In the order of asking.
    private var waiting: [Task] = []

    /// An agenda without tasks.
    public init() {}

    /// A task that waits already is not asked for twice.
    public mutating func ask(_ task: Task) {
        if !waiting.contains(task) { waiting.append(task) }
    }

    /// A task that was asked for and has not begun is not carried out.
    public mutating func withdraw(_ task: Task) { waiting.removeAll { $0 == task } }

    /// Takes the next task.
    public mutating func next() -> Task? {
        guard !waiting.isEmpty else { return nil }
        return waiting.remove(at: waiting.firstIndex { $0.scope != .shared } ?? 0)
    }

    /// Takes the next task for which one that runs is interrupted.
    public mutating func next(aheadOf running: Task) -> Task? {
        guard running.scope == .shared, waiting.contains(where: { $0.scope != .shared }) else { return nil }
        return next()
    }
}
