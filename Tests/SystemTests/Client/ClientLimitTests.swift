import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import Glibc
import Testing

/// What one client may take of a real daemon: connections, memory, others' time. Others are served as ever.
@Suite struct ClientLimitTests {
    private func settled(_ connections: [RawConnection]) {
        for connection in connections { connection.introduce(as: "SUB") }
    }

    /// More connections than descriptors: ZeroMQ alone would end the process.
    @Test func moreConnectionsThanDescriptors() throws {
        let daemon = try DaemonUnderTest(idle: 300, descriptors: 300)
        var bystander = try Bystander(daemon)
        do {
            let flood = try (0..<600).map { _ in try RawConnection(to: "\(daemon.folder)/labels") }
            settled(flood)
            try bystander.write(5)
            #expect(flood.suffix(100).allSatisfy { $0.isEnded(within: 20) })
        }
        #expect(daemon.process.isRunning)
        try bystander.write(5)
        // The flood used up what one user may have open, so that its status could not be asked meanwhile.
        #expect(
            try daemon.comesTo(toleratingRefusals: true) { ($0.counters["dropped_connections"] ?? 0) > 0 })
        #expect(
            try daemon.comesTo(toleratingRefusals: true) { _ in (try? Listener(daemon, to: "labels.late")) != nil },
            "afterwards there is room")
        try bystander.check()
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// The usual soft limit is a relic; the daemon takes what the hard one allows.
    @Test func theSoftLimitIsRaised() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        _ = try daemon.status()
        let limits = try String(contentsOfFile: "/proc/\(daemon.process.processIdentifier)/limits", encoding: .utf8)
        let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        let numbers = line.split(whereSeparator: \.isWhitespace).dropFirst(3)
        #expect(numbers.first == numbers.dropFirst().first)
    }

    @Test func aClientHasSoManyConnections() throws {
        let daemon = try DaemonUnderTest(idle: 300, settings: ["quotas.connections=8"])
        _ = try daemon.status()
        let connections = try (0..<20).map { _ in try RawConnection(to: "\(daemon.folder)/labels") }
        settled(connections)
        #expect(connections.suffix(8).allSatisfy { $0.isEnded(within: 20) })
        #expect(daemon.process.isRunning)
    }

    /// Subscriptions of a megabyte end the connection before they are kept, and so do more than a client may have: ZeroMQ keeps them all.
    @Test func longAndManyPrefixes() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        // Warm: what reading needs is no growth.
        try bystander.write(3)
        let before = daemon.residentBytes
        for number in 0..<20 {
            let connection = try RawConnection(to: "\(daemon.folder)/labels")
            connection.introduce(as: "SUB")
            let prefix = Array("labels.\(number)".utf8) + [UInt8](repeating: 120, count: 1 << 20)
            connection.send(RawConnection.message([1] + prefix))
            #expect(connection.isEnded(within: 20))
        }
        for stem in ["labels.", "ready.", ""] {
            let many = try RawConnection(to: "\(daemon.folder)/labels")
            many.introduce(as: "SUB")
            for hundred in 0..<2000 {
                many.send(
                    (0..<100).flatMap {
                        RawConnection.message([1] + Array("\(stem)\(hundred * 100 + $0)-0123456789".utf8))
                    })
            }
            #expect(many.isEnded(within: 20), "\(stem)")
        }
        try bystander.check()
        // Each of the three ended because of its prefixes, or of their bytes where they came faster than they were taken.
        #expect(
            try daemon.comesTo {
                ($0.counters["dropped_subscriptions"] ?? 0) + ($0.counters["dropped_flooded"] ?? 0) >= 3
            })
        #expect(daemon.residentBytes < before + 96 << 20)
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// Replies that nobody reads are not kept without end, and others are answered.
    @Test func repliesThatNobodyReads() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        let before = daemon.residentBytes
        var options = SocketOptions()
        options.receiveHighWater = 1
        options.sendHighWater = 100_000
        let greedy = try Socket(.dealer, context: daemon.context, options: options)
        try greedy.connect(daemon.endpoint("control"))
        for number in 0..<20_000 {
            let body: WireControlRequest.OneOf_Body =
                number.isMultiple(of: 2) ? .status(.init()) : .listModels(.init())
            _ = try greedy.send([[], WireControlRequest(id: UInt64(number), body).wire()], waits: true)
        }
        #expect(try daemon.status().ready)
        try bystander.check()
        #expect(daemon.residentBytes < before + 96 << 20)
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// A client that sends the largest messages as fast as it can does not fill the memory while it is refused.
    @Test func aFloodOfLargeMessages() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        let before = daemon.residentBytes
        var random = SystemRandomNumberGenerator()
        let rubbish = (0..<(1 << 20) - 100).map { _ in UInt8.random(in: 0...255, using: &random) }
        let player = try Player(daemon)
        var most = 0
        for number in 0..<600 {
            try player.send(topic: "ink.flood", payload: rubbish)
            if number % 50 == 49 { most = max(most, daemon.residentBytes) }
        }
        try bystander.check()
        #expect(most < before + 400 << 20)
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// What small clients sent is taken while another sends more than can be taken, and on descriptors that others had before them.
    @Test func whatSmallClientsSendDuringAFlood() throws {
        let daemon = try DaemonUnderTest(idle: 300, settings: ["quotas.bytes_per_second=1 GiB"])
        let player = try Player(daemon)
        let rubbish = [UInt8](repeating: 9, count: 1_000_000)
        for _ in 0..<50 { try player.send(topic: "ink.flood", payload: rubbish) }
        var small: [RawConnection] = []
        for round in 0..<5 {
            let connection = try RawConnection(to: "\(daemon.folder)/ink")
            connection.introduce(as: "PUB")
            for number in 0..<2000 {
                let packet = InkPacket(epoch: 1, sequence: UInt64(number), content: .endOfSegment)
                connection.send(RawConnection.publication("ink.small\(round)", try packet.wire()))
            }
            // libzmq passes over what it has not read of a connection that hangs up while it waits for others.
            connection.finish()
            small.append(connection)
        }
        var counters: [String: UInt64] = [:]
        let isWhole = try daemon.comesTo { status in
            counters = status.counters
            return counters["packets_ink"] == 10_000
        }
        #expect(isWhole, "\(counters.filter { $0.value > 0 })")
        withExtendedLifetime(small) {}
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// ZeroMQ keeps the frames of a message until its last one has come, and does not count them.
    @Test(arguments: [("ink", "PUB"), ("features", "PUB"), ("control", "DEALER"), ("labels", "SUB")])
    func aMessageWithoutEnd(socket: String, kind: String) throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        let before = daemon.residentBytes
        for size in [0, socket == "labels" ? 900 : 1_000_000] {
            let connection = try RawConnection(to: "\(daemon.folder)/\(socket)")
            connection.introduce(as: kind)
            let frame = RawConnection.message([UInt8](repeating: 105, count: size), more: true)
            let together = [[UInt8]](repeating: frame, count: max(1, 100_000 / frame.count)).flatMap { $0 }
            for _ in 0..<(200 << 20) / together.count where connection.send(together) {}
            #expect(connection.isEnded(within: 20), "frames of \(size) bytes")
        }
        try bystander.check()
        #expect(try daemon.comesTo { $0.counters["dropped_flooded"] ?? 0 >= 1 })
        #expect(daemon.residentBytes < before + 150 << 20)
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// Whoever asks for everything again and again costs others nothing: what was published last goes to the newcomer alone.
    @Test func subscribingAgainAndAgain() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        try bystander.write(3)
        let pest = try RawConnection(to: "\(daemon.folder)/labels")
        pest.introduce(as: "SUB")
        for _ in 0..<5000 { pest.send(RawConnection.message([1] + Array("labels.".utf8))) }
        try bystander.check()
        #expect(bystander.listener.events.map(\.number) == Array(1...UInt64(bystander.listener.events.count)))
        #expect(daemon.end(with: SIGTERM) == 0)
    }
}
