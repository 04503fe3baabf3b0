import DuctusWeb
import Testing

@Suite struct WebServerTests {
    @Test func onlyItsOwnNames_areAnswered() throws {
        let door = try Door()
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)Connection: close\r\n\r\n") == 200)
        for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:\(door.port).evil.example", ""] {
            #expect(
                try door.status("GET /page HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n") == 421, "\(host)")
        }
        let two = "GET /page HTTP/1.1\r\n\(door.host)Host: evil.example\r\nConnection: close\r\n\r\n"
        #expect([400, 421].contains(try door.status(two)))
        // A balancer asks under its own name, and is told nothing of anybody.
        #expect(try door.status("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == 200)
        #expect(door.counters.current.refused["host"] ?? 0 >= 5)
    }

    @Test func pagesFromElsewhere_areRefused_whateverTheyAskFor() throws {
        let door = try Door()
        for origin in ["http://evil.example", "null", "http://localhost", "https://127.0.0.1:\(door.port)"] {
            let head = "GET /page HTTP/1.1\r\n\(door.host)Origin: \(origin)\r\nConnection: close\r\n\r\n"
            #expect(try door.status(head) == 403, "\(origin)")
        }
        let own = "GET /page HTTP/1.1\r\n\(door.host)Origin: http://127.0.0.1:\(door.port)\r\nConnection: close\r\n\r\n"
        #expect(try door.status(own) == 200)
        #expect(
            try door.status(
                "GET /health/live HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n")
                == 403)
    }

    @Test func aToken_isNeeded_andTellsWhoAsks() throws {
        let door = try Door()
        func post(_ authorization: String) throws -> String {
            try door.exchange(
                "POST /echo HTTP/1.1\r\n\(door.host)\(authorization)Content-Length: 2\r\nConnection: close\r\n\r\nhi")
        }
        let missing = try post("")
        #expect(missing.hasPrefix("HTTP/1.1 401"))
        #expect(missing.contains("www-authenticate: Bearer"))
        #expect(missing.contains(#""remedy":"send 'Authorization: Bearer TOKEN'"#))
        #expect(try post("Authorization: Bearer wrong\r\n").hasPrefix("HTTP/1.1 401"))
        #expect(try post("Authorization: Basic \(Door.token)\r\n").hasPrefix("HTTP/1.1 401"))
        #expect(try post(door.bearer).hasSuffix("uid 1000: hi"))
        #expect(try post("Authorization: bearer desk's token\r\n").hasSuffix("desk: hi"))
    }

    @Test func otherMethodsAndPaths_areRefused_beforeAnythingIsRead() throws {
        let door = try Door()
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"] {
            let status = try door.status(
                "\(method) /page HTTP/1.1\r\n\(door.host)Content-Length: 0\r\nConnection: close\r\n\r\n")
            #expect([400, 405].contains(status), "\(method): \(status)")
        }
        for path in ["/../page", "/%70age", "//page", "/page/", "/PAGE", "/page%00", "/..%2fetc/passwd"] {
            #expect(
                [400, 404].contains(try door.status("GET \(path) HTTP/1.1\r\n\(door.host)Connection: close\r\n\r\n")),
                "\(path)")
        }
        #expect(try door.exchange("HEAD /page HTTP/1.1\r\n\(door.host)Connection: close\r\n\r\n").hasSuffix("\r\n\r\n"))
    }

    @Test func everyAnswer_forbidsWhatAPageMustNotDo() throws {
        let door = try Door()
        for request in ["GET /page HTTP/1.1\r\n\(door.host)", "GET /elsewhere HTTP/1.1\r\n\(door.host)", "rubbish\r\n"]
        {
            let answer = try door.exchange(request + "Connection: close\r\n\r\n").lowercased()
            #expect(answer.contains("content-security-policy: default-src 'none'; script-src 'self'"))
            #expect(answer.contains("x-content-type-options: nosniff"))
            #expect(
                !answer.contains("unsafe-inline") && !answer.contains("set-cookie")
                    && !answer.contains("access-control"))
        }
    }

    @Test func headsAndBodies_haveTheirBounds() throws {
        let door = try Door()
        let long = String(repeating: "a", count: 20_000)
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)A: \(long)\r\n\r\n") == 431)
        #expect(try door.status("GET /\(long) HTTP/1.1\r\n\(door.host)\r\n") == 431)
        let many = (0..<200).map { "H\($0): a\r\n" }.joined()
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)\(many)\r\n") == 431)
        #expect(try door.status("POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Length: 4097\r\n\r\n") == 413)
        let chunk = "1000\r\n" + String(repeating: "b", count: 4096) + "\r\n"
        #expect(
            try door.status(
                "POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Transfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)")
                == 413)
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)Content-Length: 5\r\n\r\n") == 413)
        for wrong in ["-1", "999999999999999999999999", "5, 6"] {
            #expect(
                try door.status("POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Length: \(wrong)\r\n\r\n")
                    == 400)
        }
    }

    @Test func aHeadThatDoesNotEnd_endsTheConnection() throws {
        var limits = WebLimits()
        (limits.headTime, limits.bodyTime, limits.bodyRate) = (0.2, 0.2, 1e9)
        let door = try Door(limits: limits)
        let slow = try door.connect()
        try slow.send(Array("GET /page HTTP/1.1\r\n".utf8))
        #expect(slow.readAll().isEmpty)
        let silent = try door.connect()
        #expect(silent.readAll().isEmpty)
        let body = try door.connect()
        try body.send(Array("POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Length: 10\r\n\r\nhalf".utf8))
        #expect(body.readAll().isEmpty)
        #expect(door.counters.current.refused["head_time"] == 2)
        #expect(door.counters.current.refused["body_time"] == 1)
    }

    @Test func aFullHouse_makesRoomForWhoComesNext() throws {
        var limits = WebLimits()
        limits.connections = 8
        let door = try Door(limits: limits)
        let idle = try (0..<40).map { _ in try door.connect() }
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)Connection: close\r\n\r\n") == 200)
        #expect(door.counters.current.connections <= 8)
        #expect(idle.first?.readAll().isEmpty == true)
        #expect(door.counters.current.refused["crowded_out"] ?? 0 >= 32)
    }

    @Test func requestsInOneGo_areAnsweredInTheirOrder() throws {
        let door = try Door()
        let post = { (text: String) in
            "POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Length: \(text.utf8.count)\r\n"
        }
        let answer = try door.exchange(post("one") + "\r\none" + post("two") + "Connection: close\r\n\r\ntwo")
        let first = try #require(answer.range(of: "uid 1000: one"))
        let second = try #require(answer.range(of: "uid 1000: two"))
        #expect(first.upperBound < second.lowerBound)
    }

    /// Whoever holds most of the bodies goes first, and whoever is still sending before those who are answered.
    @Test func bodiesThatHoldTooMuch_makeRoom() throws {
        var limits = WebLimits()
        limits.bodiesBytes = 10_000
        let door = try Door(limits: limits)
        let post = "POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Connection: close\r\nContent-Length: "
        let slow = try (0..<3).map { number in
            let socket = try door.connect()
            let part = String(repeating: "b", count: 3000 + number)
            try socket.send(Array("\(post)4096\r\n\r\n\(part)".utf8))
            return socket
        }
        #expect(try door.exchange("\(post)2\r\n\r\nhi").hasSuffix("hi"))
        // What was given up is free again.
        for _ in 0..<20 {
            let whole = String(repeating: "c", count: 2000)
            #expect(try door.exchange("\(post)2000\r\n\r\n\(whole)").hasSuffix("c"))
        }
        #expect(door.counters.current.refused["crowded_out"] ?? 0 >= 1)
        withExtendedLifetime(slow) {}
    }

    /// A request that is not whole keeps nobody out.
    @Test func bodiesThatDoNotEnd_makeRoomInAFullHouse() throws {
        var limits = WebLimits()
        limits.connections = 8
        let door = try Door(limits: limits)
        let head = "POST /echo HTTP/1.1\r\n\(door.host)\(door.bearer)Content-Length: 10\r\n\r\nhalf"
        let slow = try (0..<20).map { _ in
            let socket = try door.connect()
            try socket.send(Array(head.utf8))
            return socket
        }
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)Connection: close\r\n\r\n") == 200)
        #expect(door.counters.current.refused["crowded_out"] ?? 0 >= 12)
        withExtendedLifetime(slow) {}
    }
}
