import DuctusFoundations
import DuctusNoteIndex
import DuctusTransport
import DuctusWeb
import Foundation
import Logging
import Metrics

/// The daemon's HTTP server with all that it serves: one more transport of the server. That it cannot serve does not keep the pens from
/// being read.
package final class WebDoor: Sendable {
    /// The transport that the server reads.
    package let transport: WebTransport
    private let opening: WebOpening

    /// - Parameters:
    ///   - health: told when it cannot serve.
    ///   - languages: that ink is read in, BCP 47.
    package init(
        _ configuration: Configuration, locations: Locations, access: AccessControl?, registry: PrometheusRegistry,
        health: ServiceHealth, faults: FaultLog? = nil, logger: Logger, languages: @escaping @Sendable () -> [String]
    ) {
        let counters = WebCounters { reason, address in
            faults?.report(
                "http_\(reason)", "an HTTP client was turned away: \(reason)", metadata: ["address": "\(address)"])
        }
        let files = WebAddressFiles(runtime: locations.runtime)
        // A daemon that was killed and comes back is the same one to the pads that are open.
        let credentials = WebCredentials(
            owner: .localUser(geteuid()), token: files.tokenLeftBehind ?? WebCredentials.makeToken())
        access?.follow { list in credentials.change(to: list.tokens) }
        let opening = WebOpening(
            configuration: configuration, files: files, health: health, logger: logger, credentials: credentials,
            counters: counters, observation: ObservationRoutes.all(registry: registry, health: health),
            languages: languages)
        self.opening = opening
        transport = WebTransport { opening.open($0) }
        Self.publish(counters, in: registry)
    }

    /// After the server has stopped: what showed the way in is removed.
    package func stop() { opening.files.remove() }

    private static func publish(_ counters: WebCounters, in registry: PrometheusRegistry) {
        let totals = RunningTotals()
        let connections = MetricCatalogue.httpConnections.gauge(from: registry)
        let sockets = MetricCatalogue.httpSockets.gauge(from: registry)
        registry.beforeReading {
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

/// The parts that the door is opened with.
private struct WebOpening: Sendable {
    let configuration: Configuration
    let files: WebAddressFiles
    let health: ServiceHealth
    let logger: Logger
    let credentials: WebCredentials
    let counters: WebCounters
    let observation: [WebRoute]
    let languages: @Sendable () -> [String]

    /// A server that listens; nil where HTTP is off, or cannot be served.
    func open(_ transport: WebTransport) -> WebServer? {
        guard let text = configuration.http.address, let address = TCPAddress(text) else { return nil }
        do {
            return try open(transport, address)
        } catch {
            health.degrade("http", because: "\(error)")
            logger.error("HTTP is not served", metadata: ["address": "\(text)", "reason": "\(error)"])
            return nil
        }
    }

    private func open(_ transport: WebTransport, _ address: TCPAddress) throws -> WebServer {
        let http = configuration.http
        var limits = WebLimits()
        limits.connections = http.connections
        let encryption = http.certificate.flatMap { certificate in
            http.key.map { WebServer.Encryption(certificate: certificate, key: $0) }
        }
        let routes = WebRoutes(try self.routes(transport.gateway))
        let server = try WebServer(
            host: address.host, limits: limits, encryption: encryption, counters: counters, sockets: transport
        ) { [credentials] port in
            WebGate(
                names: WebNames(
                    host: address.host, port: port, isEncrypted: encryption != nil, names: http.names),
                routes: routes, credentials: credentials, isLoopback: http.isLoopback)
        }
        let port = try server.start(port: Int(address.port))
        try files.write(
            .init(
                address: Self.url(host: address.host, port: port, isEncrypted: server.isEncrypted),
                token: credentials.token, host: address.host, names: http.names))
        return server
    }

    private func routes(_ gateway: ControlGateway) throws -> [WebRoute] {
        let http = configuration.http
        let keys = try http.inkServiceKeys.map { path in
            try InkServiceKeys(parsing: String(contentsOf: URL(filePath: path), encoding: .utf8))
        }
        let service = InkServiceRoutes(
            gateway: gateway, keys: keys, owner: .localUser(geteuid()), isLoopback: http.isLoopback,
            bodyBytes: http.body, version: Release.version, languages: languages)
        return observation + ControlRoutes(gateway: gateway).all
            + RecognizeRoute(gateway: gateway, bodyBytes: http.body).all + service.all + OpenAPIRoute.all
            + NoteRoutes(index: notes, owner: .localUser(geteuid())).all + PadRoutes.all
    }

    private var notes: URL? {
        configuration.http.notes.map { URL(filePath: $0) }
            ?? NoteIndex.usualLocation(environment: ProcessInfo.processInfo.environment)
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
}
