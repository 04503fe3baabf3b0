import Dispatch
import Glibc
import Synchronization

/// Signals as events, handled on a queue where all of Swift may be used.
package final class SignalListener: Sendable {
    package enum Event: Sendable {
        /// SIGTERM, SIGINT.
        case stop
        /// SIGHUP.
        case reload
    }

    private static let events: [(Int32, Event)] = [(SIGTERM, .stop), (SIGINT, .stop), (SIGHUP, .reload)]
    private let sources = Mutex<[any DispatchSourceSignal]>([])
    private let queue = DispatchQueue(label: "signals")

    /// Listens from now on. SIGPIPE is ignored: a peer that goes away is an error of one write, not the end.
    package init(_ handler: @escaping @Sendable (Event) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        for (number, event) in Self.events {
            signal(number, SIG_IGN)
            sources.withLock { sources in
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { handler(event) }
                source.activate()
                sources.append(source)
            }
        }
    }

    /// Signals have their usual effect again.
    package func stop() {
        sources.withLock { sources in
            for source in sources { source.cancel() }
            sources = []
        }
        for (number, _) in Self.events { signal(number, SIG_DFL) }
    }
}
