import DuctusAdaptation

/// What the learner is asked to train, and in which order.
///
/// A person waits for their own weights, everyone's can wait: their training comes last, and is interrupted for a person's.
package struct Agenda: Sendable {
    package struct Task: Equatable, Sendable {
        package var scope: Scope
        package var pipeline: String

        package init(_ scope: Scope, in pipeline: String) {
            self.scope = scope
            self.pipeline = pipeline
        }
    }

    /// In the order of asking.
    private var waiting: [Task] = []

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

    /// Takes the next task for which one that runs is interrupted.
    package mutating func next(aheadOf running: Task) -> Task? {
        guard running.scope == .shared, waiting.contains(where: { $0.scope != .shared }) else { return nil }
        return next()
    }
}
