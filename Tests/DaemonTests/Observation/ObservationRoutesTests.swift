import DuctusDaemon
import DuctusWeb
import NIOHTTP1
import Testing

@Suite struct ObservationRoutesTests {
    private let registry = PrometheusRegistry()
    private let health = ServiceHealth()

    private func get(_ path: String, method: HTTPMethod = .GET) async throws -> (Int, String) {
        let route = try WebRoutes(ObservationRoutes.all(registry: registry, health: health)).route(method, path)
        let response = await withCheckedContinuation { done in
            route.answer(WebRequest(method: method, uri: path)) { done.resume(returning: $0) }
        }
        return (Int(response.status.code), String(decoding: response.body, as: UTF8.self))
    }

    @Test func readiness_waitsForWarmModels() async throws {
        #expect(try await get("/health/ready") == (503, "starting\n"))
        health.setReady(true)
        #expect(try await get("/health/ready") == (200, "ready\n"))
    }

    @Test func aDegradedPart_isTold_butTheDaemonStaysReady() async throws {
        health.setReady(true)
        #expect(health.degrade("journal", because: "disk full"))
        #expect(!health.degrade("journal", because: "disk full"), "no news")
        #expect(try await get("/health/ready") == (200, "ready\ndegraded: journal: disk full\n"))
        #expect(health.statusText("2 streams") == "2 streams; journal: disk full")
        health.degrade("journal", because: nil)
        #expect(health.statusText("2 streams") == "2 streams")
    }

    @Test func aHungThread_isNotLive() async throws {
        #expect(try await get("/health/live") == (200, "live\n"))
        health.setHung(["lane-1"])
        #expect(try await get("/health/live") == (503, "hangs: lane-1\n"))
    }

    @Test func otherPathsAndMethods_areRefused() async throws {
        let routes = WebRoutes(ObservationRoutes.all(registry: registry, health: health))
        #expect(throws: Problem.self) { try routes.route(.GET, "/elsewhere") }
        let problem = #expect(throws: Problem.self) { try routes.route(.POST, "/metrics") }
        #expect(problem?.status == .methodNotAllowed)
        #expect(problem?.headers["allow"] == "GET, HEAD")
    }
}
