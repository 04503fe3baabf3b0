import DuctusWeb

/// Metrics and health over HTTP: `/metrics`, `/health/live`, `/health/ready`.
package enum ObservationRoutes {
    package static func all(registry: PrometheusRegistry, health: ServiceHealth) -> [WebRoute] {
        [
            WebRoute(.GET, "/metrics", .local) { _, reply in
                reply(
                    WebResponse(
                        type: "text/plain; version=0.0.4; charset=utf-8", body: Array(registry.text().utf8)))
            },
            WebRoute(.GET, "/health/live", .probe) { _, reply in reply(live(health.state)) },
            WebRoute(.GET, "/health/ready", .probe) { _, reply in reply(ready(health.state)) },
        ]
    }

    private static func live(_ state: ServiceHealth.State) -> WebResponse {
        state.hung.isEmpty
            ? .text("live\n") : .text(.serviceUnavailable, "hangs: \(state.hung.joined(separator: ", "))\n")
    }

    private static func ready(_ state: ServiceHealth.State) -> WebResponse {
        let remarks = state.degraded.sorted { $0.key < $1.key }.map { "degraded: \($0): \($1)\n" }.joined()
        return state.isReady ? .text("ready\n" + remarks) : .text(.serviceUnavailable, "starting\n" + remarks)
    }
}
