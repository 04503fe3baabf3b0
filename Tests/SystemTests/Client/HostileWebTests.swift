import DuctusDaemon
import Foundation
import Glibc
import Testing

/// What strangers may send to a real daemon's HTTP port: it is refused, bounded and counted, and pens are read meanwhile.
@Suite struct HostileWebTests {
    /// A daemon with HTTP on a port that the system chose.
    private struct Door {
        let daemon: DaemonUnderTest
        let port: Int
        let token: String

        init(_ settings: String...) throws {
            daemon = try DaemonUnderTest(idle: 300, settings: ["http.address=127.0.0.1:0"] + settings)
            #expect(try daemon.comesTo { $0.ready })
            let contents = try WebAddressFiles(runtime: daemon.folder).read()
            port = try #require(URL(string: contents.address)?.port)
            token = contents.token
        }

        var host: String { "Host: 127.0.0.1:\(port)\r\n" }
        var bearer: String { "Authorization: Bearer \(token)\r\n" }

        func post(_ path: String, _ body: String, type: String = "application/json") -> String {
            "POST \(path) HTTP/1.1\r\n\(host)\(bearer)Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Connection: close\r\n\r\n\(body)"
        }

        /// The status of the answer; nil: none came.
        func status(_ request: String) throws -> Int? {
            let connection = try RawConnection(port: port)
            connection.send(Array(request.utf8))
            return Int(connection.answer().dropFirst(9).prefix(3))
        }

        /// A WebSocket that has been let in, without a token yet.
        func socket() throws -> RawConnection {
            let connection = try RawConnection(port: port)
            connection.send(
                Array(
                    ("GET /v1/pen HTTP/1.1\r\n\(host)Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").utf8))
            return connection
        }

        func isServing() throws -> Bool {
            try status("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == 200
        }
    }

    @Test func whatMustNotBeAnswered_isRefused() throws {
        let door = try Door()
        var bystander = try Bystander(door.daemon)
        #expect(try door.isServing())
        let (memory, descriptors) = (door.daemon.residentBytes, door.daemon.descriptors)
        let get = "Connection: close\r\n\r\n"
        let entities =
            "<!DOCTYPE ink [<!ENTITY a \"aaaaaaaaaa\">"
            + (98...106 as ClosedRange<UInt8>).map { code in
                let (name, last) = (Character(UnicodeScalar(code)), Character(UnicodeScalar(code - 1)))
                return "<!ENTITY \(name) \"" + String(repeating: "&\(last);", count: 10) + "\">"
            }.joined() + "]><ink xmlns=\"http://www.w3.org/2003/InkML\"><trace>&j;</trace></ink>"
        let attacks: [(name: String, request: String, answers: Set<Int>)] = [
            ("another host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\(get)", [421]),
            ("no host", "GET / HTTP/1.1\r\n\(get)", [400, 421]),
            ("another origin", "GET / HTTP/1.1\r\n\(door.host)Origin: http://evil.example\r\n\(get)", [403]),
            ("no token", "GET /v1/status HTTP/1.1\r\n\(door.host)\(get)", [401]),
            (
                "another token",
                "GET /v1/status HTTP/1.1\r\n\(door.host)Authorization: Bearer \(String(repeating: "0", count: 48))\r\n\(get)",
                [401]
            ),
            ("traversal", "GET /../../etc/passwd HTTP/1.1\r\n\(door.host)\(get)", [400, 404]),
            ("hidden traversal", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n\(door.host)\(get)", [400, 404]),
            ("absolute path", "GET //etc/passwd HTTP/1.1\r\n\(door.host)\(get)", [400, 404]),
            ("null byte", "GET /index.html%00.js HTTP/1.1\r\n\(door.host)\(get)", [400, 404]),
            ("TRACE", "TRACE / HTTP/1.1\r\n\(door.host)\(get)", [400, 405]),
            ("CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\n\(door.host)\(get)", [400, 404, 405]),
            ("DELETE", "DELETE /v1/status HTTP/1.1\r\n\(door.host)\(door.bearer)\(get)", [405]),
            (
                "two lengths",
                "POST /v1/recognize HTTP/1.1\r\n\(door.host)Content-Length: 1\r\nContent-Length: 2\r\n\(get)a", [400]
            ),
            (
                "length and chunks",
                "POST /v1/recognize HTTP/1.1\r\n\(door.host)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\(get)0\r\n\r\n",
                [400, 401]
            ),
            ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
            (
                "a head of a megabyte",
                "GET / HTTP/1.1\r\n\(door.host)A: \(String(repeating: "a", count: 1 << 20))\r\n", [431]
            ),
            (
                "a thousand fields",
                "GET / HTTP/1.1\r\n\(door.host)" + (0..<1000).map { "H\($0): a\r\n" }.joined() + get, [431]
            ),
            (
                "a body of 2^62 bytes",
                "POST /v1/recognize HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Length: 4611686018427387904\r\n\(get)",
                [413]
            ),
            ("a form", door.post("/v1/recognize", "strokes=1", type: "application/x-www-form-urlencoded"), [415]),
            ("brackets", door.post("/v1/recognize", String(repeating: "[", count: 200_000)), [400]),
            (
                "nested objects",
                door.post("/v1/recognize", String(repeating: #"{"strokes":["#, count: 50_000)), [400]
            ),
            ("entities", door.post("/v1/recognize", entities, type: "application/inkml+xml"), [400]),
            ("half a number", door.post("/v1/recognize", #"{"strokes":[{"x":[1e],"y":[1]}]}"#), [400]),
            ("numbers without end", door.post("/v1/recognize", #"{"strokes":[{"x":[1e999],"y":[1]}]}"#), [400]),
        ]
        for attack in attacks {
            let status = try #require(try door.status(attack.request), "\(attack.name)")
            #expect(attack.answers.contains(status), "\(attack.name): \(status)")
        }
        // A body in chunks that never ends.
        let endless = try RawConnection(port: door.port)
        endless.send(
            Array(
                ("POST /v1/recognize HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n").utf8))
        let chunk = Array("10000\r\n\(String(repeating: " ", count: 65_536))\r\n".utf8)
        for _ in 0..<400 where endless.send(chunk) {}
        #expect(endless.isEnded(within: 20))

        #expect(try door.isServing())
        try bystander.check()
        #expect(door.daemon.residentBytes < memory + 64 << 20)
        #expect(try door.daemon.comesTo { _ in door.daemon.descriptors <= descriptors + 5 })
        #expect(door.daemon.end(with: SIGTERM) == 0)
    }

    @Test func socketsThatBreakTheRules_endAlone() throws {
        let door = try Door()
        var bystander = try Bystander(door.daemon)
        let memory = door.daemon.residentBytes
        let frames: [(name: String, bytes: [UInt8])] = [
            (
                "a frame of a gibibyte",
                [0x81, 0xff] + withUnsafeBytes(of: UInt64(1 << 30).bigEndian) { Array($0) } + [0, 0, 0, 0]
            ),
            ("a frame of 2^63 bytes", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("no mask", [0x81, 2] + Array("{}".utf8)),
            (
                "a message without end",
                [0x01, 0x80, 0, 0, 0, 0] + (0..<1000).flatMap { _ in [0x00, 0x80, 0, 0, 0, 0] as [UInt8] }
            ),
            ("a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0]),
            ("reserved bits", [0xf1, 0x80, 0, 0, 0, 0]),
            ("an unknown kind", [0x83, 0x80, 0, 0, 0, 0]),
            ("a long ping", [0x89, 0xfe, 1, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 256)),
            ("no JSON", [0x81, 0x83, 0, 0, 0, 0] + Array("abc".utf8)),
        ]
        for frame in frames {
            let socket = try door.socket()
            socket.send(frame.bytes)
            #expect(socket.isEnded(within: 20), "\(frame.name)")
        }
        let pings = [[UInt8]](repeating: [0x89, 0xfd, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 125), count: 500)
            .flatMap { $0 }
        let pinging = try door.socket()
        for _ in 0..<1000 where pinging.send(pings) {}
        #expect(pinging.isEnded(within: 20), "answers to pings that nobody reads")
        #expect(try door.isServing())
        try bystander.check()
        #expect(door.daemon.residentBytes < memory + 64 << 20)
        #expect(door.daemon.end(with: SIGTERM) == 0)
    }

    /// Connections that say nothing, half a head, half a body, or open a socket and show no token: whoever asks is served.
    @Test func fiveThousandConnections() throws {
        let door = try Door()
        var bystander = try Bystander(door.daemon)
        #expect(try door.isServing())
        let (memory, descriptors) = (door.daemon.residentBytes, door.daemon.descriptors)
        let body =
            "POST /v1/recognize HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
        for wave in 0..<10 {
            let flood = try (0..<500).map { number in
                switch (number + wave) % 4 {
                case 0: return try door.socket()
                case 1:
                    let connection = try RawConnection(port: door.port)
                    connection.send(Array("GET / HTTP/1.1\r\nHost".utf8))
                    return connection
                case 2:
                    let connection = try RawConnection(port: door.port)
                    connection.send(Array(body.utf8) + [UInt8](repeating: 32, count: 100_000))
                    return connection
                default: return try RawConnection(port: door.port)
                }
            }
            #expect(try door.isServing(), "wave \(wave)")
            if wave == 5 { try bystander.write(5) }
            withExtendedLifetime(flood) {}
        }
        try bystander.check()
        #expect(try door.daemon.comesTo { _ in door.daemon.descriptors <= descriptors + 5 })
        #expect(door.daemon.residentBytes < memory + 128 << 20)
        #expect(door.daemon.end(with: SIGTERM) == 0)
    }
}
