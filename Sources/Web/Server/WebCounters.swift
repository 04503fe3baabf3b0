import Synchronization

/// Counters of the server's answers and refusals since its start.
package final class WebCounters: Sendable {
    package struct Figures: Sendable, Equatable {
        /// Answers by the hundred of their status: 2, 4, 5.
        package var answers: [UInt: UInt64] = [:]
        /// Refused requests by the rule that refused them: `host`, `origin`, `token`, `head_time`, …
        package var refused: [String: UInt64] = [:]
        package var connections = 0
        package var sockets = 0
        package var accepted: UInt64 = 0
    }

    private let figures = Mutex(Figures())
    /// Told of each refusal.
    private let onRefusal: @Sendable (_ reason: String, _ address: String) -> Void

    package init(onRefusal: @escaping @Sendable (_ reason: String, _ address: String) -> Void = { _, _ in }) {
        self.onRefusal = onRefusal
    }

    package var current: Figures { figures.withLock { $0 } }

    func answered(_ status: UInt) { figures.withLock { $0.answers[status / 100, default: 0] += 1 } }

    func refused(_ reason: String, address: String) {
        figures.withLock { $0.refused[reason, default: 0] += 1 }
        onRefusal(reason, address)
    }

    func opened() {
        figures.withLock {
            $0.connections += 1
            $0.accepted += 1
        }
    }

    func closed() { figures.withLock { $0.connections -= 1 } }
    func socketOpened() { figures.withLock { $0.sockets += 1 } }
    func socketClosed() { figures.withLock { $0.sockets -= 1 } }
}
