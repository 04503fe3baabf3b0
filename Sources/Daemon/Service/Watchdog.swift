import Dispatch
import Glibc
import Logging
import Synchronization

/// Feeds the service manager's watchdog as long as every thread lives. When one hangs it stops feeding, and the manager
/// kills and restarts the daemon.
package final class Watchdog: Sendable {
    private let liveness: Liveness
    private let notifier: ServiceNotifier
    private let health: ServiceHealth
    private let logger: Logger
    private let interval: Double
    private let isFed: Bool
    private let now: @Sendable () -> Int64
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)

    /// - Parameters:
    ///   - environment: `WATCHDOG_USEC` is the manager's patience, `WATCHDOG_PID` for whom it is meant. Without them health is
    ///     checked all the same.
    ///   - now: Monotonic nanoseconds.
    package init(
        _ pulses: [any Pulse], environment: [String: String], notifier: ServiceNotifier, health: ServiceHealth,
        logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        let patience = Self.patience(environment)
        isFed = patience != nil
        // Four looks within the patience: a hang is sure before the manager's time is over.
        interval = (patience ?? 20) / 4
        liveness = Liveness(pulses, patience: (patience ?? 20) / 2)
        self.notifier = notifier
        self.health = health
        self.logger = logger
        self.now = now
    }

    /// Seconds that the manager waits for a sign of life; nil: it does not.
    package static func patience(_ environment: [String: String], process: Int32 = getpid()) -> Double? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Double(text), microseconds > 0 else {
            return nil
        }
        if let meant = environment["WATCHDOG_PID"], meant != String(process) { return nil }
        return microseconds / 1e6
    }

    /// Checks at regular times, on a queue of its own.
    package func run() {
        timer.withLock { timer in
            let source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "watchdog"))
            source.schedule(deadline: .now(), repeating: interval)
            source.setEventHandler { [self] in check() }
            source.activate()
            timer = source
        }
    }

    package func stop() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
    }

    /// One look at all threads.
    package func check() {
        let before = health.state.hung
        let hung = liveness.check(now: now())
        health.setHung(hung)
        if hung.isEmpty {
            if isFed { notifier.feedWatchdog() }
        } else if hung != before {
            let names = hung.joined(separator: ", ")
            logger.critical("threads hang; the watchdog is no longer fed", metadata: ["threads": "\(names)"])
            notifier.status("hangs: \(names)")
        }
    }
}
