import Metrics
import Synchronization

/// The daemon's readiness, and the faults of its parts at present.
package final class ServiceHealth: Sendable {
    package struct State: Equatable, Sendable {
        package var isReady = false
        /// Part → why, in the operator's words.
        package var degraded: [String: String] = [:]
        /// Every part that ever was degraded.
        package var parts: Set<String> = []
        /// Threads that hang.
        package var hung: [String] = []
    }

    private let contents = Mutex(State())

    package init() {}

    package var state: State { contents.withLock { $0 } }

    package func setReady(_ isReady: Bool) { contents.withLock { $0.isReady = isReady } }

    /// - Parameter reason: Nil: the part works again.
    /// - Returns: Whether that is news.
    @discardableResult
    package func degrade(_ part: String, because reason: String?) -> Bool {
        contents.withLock { state in
            guard state.degraded[part] != reason else { return false }
            state.degraded[part] = reason
            state.parts.insert(part)
            return true
        }
    }

    package func setHung(_ names: [String]) { contents.withLock { $0.hung = names } }

    /// One line for `systemctl status`.
    package func statusText(_ summary: String) -> String {
        let state = state
        let parts =
            [state.isReady ? summary : "starting"] + state.degraded.sorted { $0.key < $1.key }.map { "\($0): \($1)" }
        return parts.joined(separator: "; ")
    }

    /// Tells it in the metrics, each time they are read.
    package func publish(in registry: PrometheusRegistry) {
        let ready = MetricCatalogue.ready.gauge(from: registry)
        registry.beforeReading { [self] in
            let state = state
            ready.record(state.isReady ? 1 : 0)
            for part in state.parts {
                MetricCatalogue.degraded.gauge(part, from: registry).record(state.degraded[part] == nil ? 0 : 1)
            }
        }
    }
}
