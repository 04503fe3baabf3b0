import DuctusStreaming
import DuctusTransport
import DuctusWeb
import Glibc
import Logging
import Metrics
import Synchronization

/// The daemon's HTTP server with all that it serves. That it cannot serve does not keep the pens from being read.
package final class WebDoor: Sendable {
    private let configuration: Configuration
    private let files: WebAddressFiles
    private let health: ServiceHealth
    private let logger: Logger
    private let faults: FaultLog?
    private let credentials: WebCredentials
    private let counters: WebCounters
    private let routes: [WebRoute]
    private let sockets: (any WebSocketService)?
    private let server = Mutex<WebServer?>(nil)

    /// - Parameters:
    ///   - routes: besides metrics and health.
    ///   - credentials: whose tokens are let in.
    package init(
        _ configuration: Configuration, locations: Locations, registry: PrometheusRegistry, health: ServiceHealth,
        credentials: WebCredentials, routes: [WebRoute] = [], sockets: (any WebSocketService)? = nil,
        faults: FaultLog? = nil, logger: Logger
    ) {
        self.configuration = configuration
        files = WebAddressFiles(runtime: locations.runtime)
        self.health = health
        self.logger = logger
        self.faults = faults
        self.credentials = credentials
        self.sockets = sockets
        counters = WebCounters { reason, address in
            faults?.report(
                "http_\(reason)", "an HTTP client was turned away: \(reason)", metadata: ["address": "\(address)"])
        }
        self.routes = ObservationRoutes.all(registry: registry, health: health) + routes
        publish(in: registry)
    }

    /// Serves from now on, if it can.
    package func start() {
        guard let text = configuration.http.address, let address = TCPAddress(text) else { return }
        do {
            try start(address)
        } catch {
            health.degrade("http", because: "\(error)")
            logger.error("HTTP is not served", metadata: ["address": "\(text)", "reason": "\(error)"])
        }
    }

    private func start(_ address: TCPAddress) throws {
        let http = configuration.http
        var limits = WebLimits()
        limits.connections = http.connections
        let encryption = http.certificate.flatMap { certificate in
            http.key.map { WebServer.Encryption(certificate: certificate, key: $0) }
        }
        let server = try WebServer(
            host: address.host, limits: limits, encryption: encryption, counters: counters, sockets: sockets
        ) { [credentials, routes] port in
            WebGate(
                names: WebNames(
                    host: address.host, port: port, isEncrypted: encryption != nil, names: http.names),
                routes: WebRoutes(routes), credentials: credentials, isLoopback: http.isLoopback)
        }
        let port = try server.start(port: Int(address.port))
        self.server.withLock { $0 = server }
        try files.write(
            .init(
                address: Self.url(host: address.host, port: port, isEncrypted: server.isEncrypted),
                token: credentials.token))
    }

    package func stop() {
        server.withLock { server in
            server?.stop()
            if server != nil { files.remove() }
            server = nil
        }
    }

    /// The address for a program on this machine.
    private static func url(host: String, port: Int, isEncrypted: Bool) -> String {
        let name =
            switch host {
            case "0.0.0.0", "::", "*": "localhost"
            case _ where host.contains(":"): "[\(host)]"
            default: host
            }
        return "\(isEncrypted ? "https" : "http")://\(name):\(port)"
    }

    private func publish(in registry: PrometheusRegistry) {
        let totals = RunningTotals()
        let connections = MetricCatalogue.httpConnections.gauge(from: registry)
        let sockets = MetricCatalogue.httpSockets.gauge(from: registry)
        registry.beforeReading { [counters] in
            let figures = counters.current
            connections.record(figures.connections)
            sockets.record(figures.sockets)
            for (hundred, count) in figures.answers {
                totals.advance(
                    MetricCatalogue.httpAnswers.counter("\(hundred)xx", from: registry), to: count, key: "\(hundred)")
            }
            for (reason, count) in figures.refused {
                totals.advance(
                    MetricCatalogue.httpRefused.counter(reason, from: registry), to: count, key: "refused.\(reason)")
            }
        }
    }
}
