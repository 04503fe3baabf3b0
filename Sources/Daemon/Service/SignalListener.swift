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

    /// Listens when it returns. SIGPIPE is ignored: a peer that goes away is an error of one write, not the end.
    ///
    /// A source on Linux installs a handler of its own, and until then a signal has its usual effect. One that were ignored
    /// before would be lost, and with it the wish to stop.
    package init(_ handler: @escaping @Sendable (Event) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        let registered = DispatchGroup()
        for (number, event) in Self.events {
            registered.enter()
            sources.withLock { sources in
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { handler(event) }
                source.setRegistrationHandler { registered.leave() }
                source.activate()
                sources.append(source)
            }
        }
        registered.wait()
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
