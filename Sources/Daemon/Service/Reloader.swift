import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Foundation
import Logging
import Metrics
import Synchronization

/// Takes a changed configuration into the running daemon: on SIGHUP and on request.
///
/// Guarantees
/// - All or nothing: a file that is wrong, an allow-list that is wrong or a model that does not load leaves everything as it was.
/// - What cannot change while the daemon runs goes on as it was, and is named.
package final class Reloader: Sendable {
    package struct Outcome: Equatable, Sendable {
        /// The keys that are in force from now on.
        package var applied: [String] = []
        /// Waits for a restart.
        package var postponed: [String] = []
        /// Why nothing changed; empty: all well.
        package var faults: [String] = []

        package init(applied: [String] = [], postponed: [String] = [], faults: [String] = []) {
            self.applied = applied
            self.postponed = postponed
            self.faults = faults
        }

        package var succeeded: Bool { faults.isEmpty }
    }

    private let loader: ConfigurationLoader
    private let running: Mutex<Configuration>
    private let access: AccessControl
    private let models: ModelReload
    private let learning: Learning?
    private let level: LogLevel
    private let logger: Logger
    private let notifier: ServiceNotifier
    private let events: EventPublisher
    private let registry: PrometheusRegistry

    /// - Parameters:
    ///   - loader: The loader that gave `loaded`. It reads the same file, environment and flags again.
    ///   - learning: The service that takes changes of its section; nil where nothing is learned.
    ///   - level: The level of all logs.
    package init(
        _ loader: ConfigurationLoader, loaded: ConfigurationLoader.Loaded, access: AccessControl, models: ModelReload,
        learning: Learning? = nil, level: LogLevel, logger: Logger, notifier: ServiceNotifier, events: EventPublisher,
        registry: PrometheusRegistry
    ) {
        self.loader = loader
        running = Mutex(loaded.configuration)
        self.access = access
        self.models = models
        self.learning = learning
        self.level = level
        self.logger = logger
        self.notifier = notifier
        self.events = events
        self.registry = registry
    }

    /// Reads the configuration again and applies what can be applied. Takes as long as its models take to load.
    ///
    /// - Parameter status: What the service manager shows afterwards.
    @discardableResult
    package func reload(status: String) -> Outcome {
        notifier.reloading()
        let outcome = running.withLock { running in
            do {
                return try apply(to: &running)
            } catch {
                return Outcome(faults: "\(error)".split(separator: "\n").map(String.init))
            }
        }
        for change in outcome.applied { logger.notice("reloaded: \(change)") }
        for change in outcome.postponed { logger.warning("waits for a restart: \(change)") }
        for fault in outcome.faults { logger.error("not reloaded: \(fault)") }
        if outcome == Outcome() { logger.notice("reloaded: nothing changed") }
        MetricCatalogue.reloads.counter(outcome.succeeded ? "succeeded" : "failed", from: registry).increment()
        events.publish(
            .reload(
                .with {
                    $0.succeeded = outcome.succeeded
                    $0.remarks =
                        outcome.applied + outcome.postponed.map { "waits for a restart: \($0)" } + outcome.faults
                }))
        notifier.ready(
            status: outcome.succeeded ? status : "\(status); the last reload failed, the old configuration serves")
        return outcome
    }

    private func apply(to running: inout Configuration) throws -> Outcome {
        let loaded = try loader.load()
        let difference = ConfigurationDifference(from: running, to: loaded.configuration)
        let next = running.running(after: loaded.configuration)
        // Steps that can fail come first.
        let replacements = try models.load(next.pipelines, locations: loaded.locations)
        try access.change(to: next)
        let replaced = replacements.map { $0.apply() }
        learning?.change(to: next.adaptation)
        level.set(next.logging.level)
        running = next
        return Outcome(applied: difference.applied + replaced, postponed: difference.postponed)
    }
}

/// Answers the request to reload.
package struct ReloadHandler: ControlHandler {
    private let reload: @Sendable () -> Reloader.Outcome
    private let queue = DispatchQueue(label: "reload")

    package init(reload: @escaping @Sendable () -> Reloader.Outcome) {
        self.reload = reload
    }

    package func handle(
        _ request: WireControlRequest, from peer: PeerIdentity, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool {
        guard case .reload = request.body else { return false }
        // Loading models takes longer than the sockets' thread may be held up.
        queue.async { [reload, id = request.id] in
            let outcome = reload()
            guard outcome.succeeded else {
                let failure = ControlFailure(
                    .invalidArgument, outcome.faults.joined(separator: "\n"),
                    remedy: "mend it and reload again; the old configuration serves")
                return reply(WireControlReply(id: id, failure: failure))
            }
            reply(
                WireControlReply(
                    id: id,
                    .reload(
                        .with {
                            $0.applied = outcome.applied
                            $0.postponed = outcome.postponed
                        })))
        }
        return true
    }
}
