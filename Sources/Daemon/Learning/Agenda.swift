import Adaptation

/// What the learner is asked to train, and in which order.
///
/// A person waits for their own weights, everyone's can wait: their training comes last, and gives way while it runs. But not for
/// ever: it is put off a few times at most.
package struct Agenda: Sendable {
    package struct Task: Equatable, Sendable {
        package var scope: Scope
        package var pipeline: String

        package init(_ scope: Scope, in pipeline: String) {
            self.scope = scope
            self.pipeline = pipeline
        }
    }

    /// So often a training of everyone's weights gives way before it is done all the same.
    package static let patience = 4

    /// In the order of asking.
    private var waiting: [Task] = []
    private var timesPutOff = 0

    package init() {}

    /// A task that waits already is not asked for twice.
    package mutating func ask(_ task: Task) {
        if !waiting.contains(task) { waiting.append(task) }
    }

    /// What was asked and has not begun is not done.
    package mutating func withdraw(_ task: Task) { waiting.removeAll { $0 == task } }

    /// Takes the next task.
    package mutating func next() -> Task? {
        guard !waiting.isEmpty else { return nil }
        return waiting.remove(at: waiting.firstIndex { $0.scope != .shared } ?? 0)
    }

    /// Whether a task that runs should stop for one that waits.
    package func mustGiveWay(_ task: Task) -> Bool {
        task.scope == .shared && timesPutOff < Self.patience && waiting.contains { $0.scope != .shared }
    }

    /// A task that ran was stopped; it comes again.
    package mutating func putOff(_ task: Task) {
        timesPutOff += 1
        ask(task)
    }

    /// A task came to its end.
    package mutating func done(_ task: Task) {
        if task.scope == .shared { timesPutOff = 0 }
    }
}
