import DuctusDaemon
import FlyingFox
import Foundation
import Testing

@Suite struct ObservationServerTests {
    private let registry = PrometheusRegistry()
    private let health = ServiceHealth()

    private func get(_ path: String, method: HTTPMethod = .GET) async throws -> (Int, String) {
        let handler = ObservationHandler(registry: registry, health: health)
        let request = HTTPRequest(method: method, version: .http11, path: path, query: [], headers: [:], body: Data())
        let response = try await handler.handleRequest(request)
        return (response.statusCode.code, String(decoding: try await response.bodyData, as: UTF8.self))
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
        #expect(try await get("/").0 == 404)
        #expect(try await get("/metrics", method: .POST).0 == 405)
    }

    @Test func overARealSocket_itServesAndStops() async throws {
        MetricCatalogue.ready.gauge(from: registry).record(1)
        let address = try #require(TCPAddress("127.0.0.1:0"))
        let server = try ObservationServer(address: address, registry: registry, health: health)
        let running = Task { try await server.run() }
        let port = try await server.waitUntilListening()
        let text = try exchange(port: port, request: "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200"))
        #expect(text.contains("ductus_ready 1"))
        running.cancel()
        try await running.value
    }

    /// One request over a plain socket; what came until the other side closed.
    private func exchange(port: UInt16, request: String) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        _ = Array(request.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &part, part.count), count > 0 { answer += part.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }
}
