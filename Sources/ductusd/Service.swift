import Dispatch
import DuctusAdaptation
import DuctusDaemon
import DuctusFoundations
import DuctusStreaming
import Foundation
import Logging

/// The server with all that makes it a service: logs, health, metrics, rights, notification, watchdog, signals, reload.
final class Service {
    private let loader: ConfigurationLoader
    private let loaded: ConfigurationLoader.Loaded
    private let environment: [String: String]
    private let clock = SystemClock()
    private let level: LogLevel
    private let logger: Logger
    private let health = ServiceHealth()
    private let registry = PrometheusRegistry()
    private let notifier: ServiceNotifier
    private let faults: FaultLog

    private static let statusInterval = 5.0
    private static let learnerPatience = 0.5

    /// - Parameter loader: The one that gave `loaded`; a reload asks it again.
    init(_ loaded: ConfigurationLoader.Loaded, loader: ConfigurationLoader, environment: [String: String]) {
        self.loader = loader
        self.loaded = loaded
        self.environment = environment
        let logging = loaded.configuration.logging
        level = LogLevel(logging.level)
        LogDestination(format: logging.format, environment: environment).bootstrap(level: level)
        logger = Logger(label: "ductusd")
        notifier = ServiceNotifier(environment: environment)
        faults = FaultLog(logger: logger, perMinute: logging.faultsPerMinute, now: { [clock] in clock.monotonic })
    }

    /// Serves until SIGTERM or SIGINT, then finishes the open segments.
    ///
    /// - Throws: the error that keeps the server from starting, and `ServiceFault.unfinished` if the end took too long.
    func runUntilStopped() throws {
        DescriptorLimit.raise()
        for remark in loaded.remarks { logger.warning("\(remark)") }
        let configuration = loaded.configuration
        let access = try AccessControl(configuration, faults: faults, now: { [clock] in clock.monotonic })

        let cell = CellParts(configuration)
        let learning = try learning(cell)
        defer { learning?.close() }
        let pipelines = try pipelines(learning)
        let door = WebDoor(
            configuration, locations: loaded.locations, access: access, registry: registry, health: health,
            faults: faults, logger: logger, languages: { pipelines.inkLanguages })
        defer { door.stop() }
        let transports = try TransportSet(loaded, and: [door.transport], access: access, faults: faults)
        let events = EventPublisher(to: transports, clock: clock)
        let reloader = Reloader(
            loader, loaded: loaded, access: access, models: ModelReload(pipelines, locations: loaded.locations),
            learning: learning, level: level, logger: logger, notifier: notifier, events: events, registry: registry)
        var parts = ServerParts()
        parts.access = access
        parts.faults = faults
        parts.handlers = [ReloadHandler { [health] in reloader.reload(status: health.statusText("serving")) }]
        if let learning {
            parts.handlers.append(LearningHandler(learning: learning, access: access))
            parts.onFinished = { learning.finished($0) }
        }
        let recognition = RecognizeHandler(
            pipelines: pipelines, threads: configuration.lanes ?? ProcessInfo.processInfo.activeProcessorCount)
        defer { recognition.stop() }
        parts.handlers.append(recognition)
        parts.roster = cell?.roster
        let server = try Server(
            loaded, transports: transports, pipelines: pipelines, health: health, parts: parts,
            clock: cell?.clock ?? clock)
        try server.start()
        if let learning {
            LearningPublisher(events: events, sink: transports, registry: registry, health: health, logger: logger)
                .follow(learning.services)
            learning.start()
        }
        let membership = cell.map { cell in
            CellMembership(cell, configuration, server: server, health: health, logger: logger) { learning?.takeUp() }
        }
        membership?.start()
        membership?.publish(in: registry)

        let stopped = DispatchSemaphore(value: 0)
        let signals = SignalListener { [health] event in
            switch event {
            case .stop: stopped.signal()
            case .reload: reloader.reload(status: health.statusText("serving"))
            }
        }
        defer { signals.stop() }
        let watchdog = Watchdog(
            server.pulses, environment: environment, notifier: notifier, health: health, logger: logger,
            now: { [clock] in clock.monotonic })
        watchdog.run()
        defer { watchdog.stop() }
        health.publish(in: registry)
        ServerMetrics(server: server, registry: registry).publish()

        health.setReady(true)
        let status = StatusLine(server: server, health: health, notifier: notifier, faults: faults)
        notifier.ready(status: status.text)
        status.run(every: Self.statusInterval)
        defer { status.stop() }
        logger.info(
            "ready",
            metadata: [
                "endpoints": "\(server.endpoints.map(\.description).joined(separator: " "))",
                "lanes": "\(server.lanes.count)",
                "configuration": "\(loaded.file ?? "built-in defaults")",
            ])
        stopped.wait()
        status.stop()
        notifier.stopping()
        // While the others take over what is open is still read.
        membership?.stop()
        logger.info("stopping: no more input, open segments are finished")
        // A training is given up while the segments are finished.
        let learnerEnds = DispatchGroup()
        if let learning { DispatchQueue.global().async(group: learnerEnds) { learning.stop() } }
        guard server.stop() else { throw ServiceFault.unfinished(seconds: configuration.limits.shutdown) }
        _ = learnerEnds.wait(timeout: .now() + Self.learnerPatience)
        logger.info("stopped")
    }

    /// The text of an error for an operator. The system's errors describe themselves as objects.
    private static func reason(_ error: any Error) -> String {
        let system = error as NSError
        guard system.domain == NSCocoaErrorDomain || system.domain == NSPOSIXErrorDomain else { return "\(error)" }
        let path = system.userInfo[NSFilePathErrorKey] as? String
        return [path, system.localizedDescription].compactMap { $0 }.joined(separator: ": ")
    }

    /// Learning from corrections; that it cannot begin does not keep the pens from being read.
    ///
    /// - Throws: `StateFault.busy` where another daemon keeps what it learns in the same place.
    private func learning(_ cell: CellParts?) throws -> Learning? {
        let settings = loaded.configuration.adaptation
        guard settings.enabled else { return nil }
        do {
            return try Learning(
                settings, locations: loaded.locations, registry: registry, clock: cell?.clock ?? clock,
                logger: logger, stores: cell.map(LearningStores.ofCell))
        } catch let fault as StateFault {
            throw fault
        } catch {
            withoutLearning(error)
            return nil
        }
    }

    /// The pipelines, each with what it has learned, where that can be had.
    private func pipelines(_ learning: Learning?) throws -> PipelineSet {
        try PipelineSet(loaded.configuration.pipelines, locations: loaded.locations) { settings, model in
            do {
                if let learning { return try learning.makeStore(settings, model) }
            } catch {
                withoutLearning(error)
            }
            return SharedModel(Served(model: model, generation: .init(number: 0)))
        }
    }

    private func withoutLearning(_ error: any Error) {
        let reason = Self.reason(error)
        health.degrade("learning", because: reason)
        logger.error("corrections are not taken", metadata: ["reason": "\(reason)"])
    }
}

/// The errors that end the service.
enum ServiceFault: Error, CustomStringConvertible {
    case unfinished(seconds: Double)

    var description: String {
        switch self {
        case .unfinished(let seconds):
            "not all finals could be published within \(seconds) s; raise limits.shutdown, or use more lanes"
        }
    }
}
