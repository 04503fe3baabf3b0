import FlyingFox
import FlyingSocks
import Foundation

/// Metrics and health over HTTP on loopback: `/metrics`, `/health/live`, `/health/ready`.
package final class ObservationServer: Sendable {
    private let server: HTTPServer

    /// - Parameter address: Loopback only; `localhost` means 127.0.0.1. Port 0 lets the system choose.
    package init(address: TCPAddress, registry: PrometheusRegistry, health: ServiceHealth) throws {
        let host = address.host == "localhost" ? "127.0.0.1" : address.host
        let handler = ObservationHandler(registry: registry, health: health)
        // FlyingFox would log each request.
        if host.contains(":") {
            let address = try sockaddr_in6.inet6(ip6: host, port: address.port)
            server = HTTPServer(address: address, timeout: 5, logger: .disabled, handler: handler)
        } else {
            let address = try sockaddr_in.inet(ip4: host, port: address.port)
            server = HTTPServer(address: address, timeout: 5, logger: .disabled, handler: handler)
        }
    }

    /// Serves until the task is cancelled or `stop` is called; both are a normal end.
    /// - Throws: What keeps it from listening, for example a port in use.
    package func run() async throws {
        do {
            try await server.run()
        } catch is CancellationError {
            return
        } catch SocketError.disconnected {
            return
        }
    }

    package func stop() async { await server.stop() }

    /// The port, once it listens.
    package func waitUntilListening() async throws -> UInt16 {
        try await server.waitUntilListening(timeout: 5)
        switch await server.listeningAddress {
        case .ip4(_, let port), .ip6(_, let port): return port
        default: return 0
        }
    }
}

/// Answers a request; knows nothing of sockets.
package struct ObservationHandler: HTTPHandler {
    private let registry: PrometheusRegistry
    private let health: ServiceHealth

    package init(registry: PrometheusRegistry, health: ServiceHealth) {
        self.registry = registry
        self.health = health
    }

    package func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.method == .GET || request.method == .HEAD else {
            return Self.text(.methodNotAllowed, "only GET\n")
        }
        switch request.path {
        case "/metrics":
            return HTTPResponse(
                statusCode: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: Data(registry.text().utf8))
        case "/health/live":
            let hung = health.state.hung
            return hung.isEmpty
                ? Self.text(.ok, "live\n") : Self.text(.serviceUnavailable, "hangs: \(hung.joined(separator: ", "))\n")
        case "/health/ready":
            let state = health.state
            let remarks = state.degraded.sorted { $0.key < $1.key }.map { "degraded: \($0): \($1)\n" }.joined()
            return state.isReady
                ? Self.text(.ok, "ready\n" + remarks) : Self.text(.serviceUnavailable, "starting\n" + remarks)
        default:
            return Self.text(.notFound, "here are /metrics, /health/live and /health/ready\n")
        }
    }

    private static func text(_ status: HTTPStatusCode, _ text: String) -> HTTPResponse {
        HTTPResponse(statusCode: status, headers: [.contentType: "text/plain; charset=utf-8"], body: Data(text.utf8))
    }
}
