import Synchronization

/// Counts work that several threads do, and reports it.
final class Progress: Sendable {
    private let count = Atomic(0)
    private let report: @Sendable (Int) -> Void

    init(report: @escaping @Sendable (Int) -> Void) {
        self.report = report
    }

    /// One more piece is done.
    func step() {
        report(count.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}
