import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import Glibc
import StreamingTestSupport
import Testing

/// What strangers may send to a real daemon: it stays up and bounded, and honest streams are read as ever.
@Suite struct HostileInputTests {
    /// A packet as it should be.
    private func packet(_ samples: [PenSample] = ScribblingPen.oneLetter, sequence: UInt64 = 0) throws -> [UInt8] {
        try InkPacket(epoch: 1, sequence: sequence, content: .samples(samples, firstStroke: nil)).wire()
    }

    @Test func randomMessagesOnEverySocket() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        var random = SplitMix64(seed: 1)
        let whole = try packet()
        for (name, kind) in [
            ("ink", Socket.Kind.xpub), ("features", .xpub), ("labels", .subscribe), ("control", .dealer),
        ] {
            let socket = try Self.socket(kind, to: name, of: daemon)
            for round in 0..<2000 {
                let frames = (0..<1 + Int(random.next() % 4)).map { _ in
                    round.isMultiple(of: 2) ? Self.noise(&random) : Self.damaged(whole, &random)
                }
                switch kind {
                case .subscribe: try socket.subscribe(Self.noise(&random).prefix(200))
                case .xpub: _ = try socket.send([Array("\(name).x\(round % 7)".utf8)] + frames, waits: true)
                default: _ = try socket.send(frames, waits: true)
                }
            }
        }
        try bystander.check()
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    private static func socket(_ kind: Socket.Kind, to name: String, of daemon: DaemonUnderTest) throws -> Socket {
        var options = SocketOptions()
        options.linger = 5000
        options.waitsWhenFull = kind == .xpub
        let socket = try Socket(kind, context: daemon.context, options: options)
        try socket.connect(daemon.endpoint(name))
        // What is published before the daemon's subscription came goes nowhere.
        if kind == .xpub { #expect(try socket.waitForInput(milliseconds: 20_000)) }
        return socket
    }

    private static func noise(_ random: inout SplitMix64) -> [UInt8] {
        (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private static func damaged(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.next() % 4 where !bytes.isEmpty {
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        }
        if random.next() % 3 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
        return bytes
    }

    /// Not even ZeroMQ's own language.
    @Test func randomBytesOnEverySocketFile() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        var random = SplitMix64(seed: 2)
        for name in ["ink", "features", "labels", "control"] {
            for round in 0..<50 {
                let connection = try RawConnection(to: "\(daemon.folder)/\(name)")
                // Half of them greet like ZeroMQ first.
                connection.send((round.isMultiple(of: 2) ? RawConnection.greeting : []) + Self.noise(&random))
            }
        }
        try bystander.check()
    }

    @Test func wrongTopicsAndVersionsAreCounted() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        let topics = ["ink.", "ink.a b", "ink.ä", "ink." + String(repeating: "x", count: 65), "ink.a.b", "ink.\0"]
        for topic in topics { try bystander.player.send(topic: topic, payload: packet()) }
        // Field 1, the version, is 2.
        try bystander.player.send(topic: "ink.version", payload: [0x08, 2])
        try bystander.player.send(topic: "ink.empty", payload: [])
        #expect(
            try daemon.comesTo {
                $0.counters["dropped_wrong_topic"] == UInt64(topics.count) && $0.counters["dropped_malformed"] == 2
                    && $0.streams == 1
            })
        try bystander.check()
    }

    @Test func absurdLengthsAreRefused() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        let before = daemon.residentBytes
        // Beyond the largest message: the connection is cut, before the message is read.
        let flood = [UInt8](repeating: 0x0a, count: 64 << 20)
        for name in ["ink", "features", "control"] {
            let socket = try Self.socket(name == "control" ? .dealer : .xpub, to: name, of: daemon)
            _ = try socket.send([Array("\(name).long".utf8), flood], waits: true)
        }
        // Packets that announce more than they hold.
        for length: [UInt8] in [
            [0xff, 0xff, 0xff, 0xff, 0x07], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ] {
            for field: UInt8 in [0x22, 0x2a, 0x32, 0x3a] {
                try bystander.player.send(topic: "ink.liar", payload: [8, 1, field] + length)
            }
        }
        try bystander.check()
        #expect(daemon.residentBytes < before + 64 << 20)
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    @Test func numbersThatAreNone() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        var bystander = try Bystander(daemon)
        let values: [Float] = [
            .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0,
        ]
        let times: [Int64] = [0, -1, .max, .min + 1, 1, .max / 2, .min / 2]
        var random = SplitMix64(seed: 3)
        for stream in 0..<20 {
            for sequence in 0..<20 {
                let reports = (0..<30).map { _ in
                    PenSample(
                        Sample(
                            x: values[Int(random.next() % 7)], y: values[Int(random.next() % 7)],
                            time: stream.isMultiple(of: 3) ? nil : times[Int(random.next() % 7)],
                            pressure: values[Int(random.next() % 7)]),
                        contact: random.next() % 4 > 0)
                }
                // Single-sample packets, too: times that far apart do not fit into one.
                for part in [Array(reports.prefix(1)), reports] {
                    try bystander.player.send(
                        topic: "ink.absurd-\(stream)",
                        payload: packet(part, sequence: UInt64(sequence) << (sequence % 5 * 13)))
                }
            }
        }
        // Time that only runs backward.
        var pen = ScribblingPen(seed: 4)
        for (sequence, letter) in pen.letters(20).enumerated() {
            let reversed = letter.map { report in
                var report = report
                report.sample.time = report.sample.time.map { 10_000_000_000 - $0 }
                return report
            }
            try bystander.player.send(topic: "ink.backward", payload: packet(reversed, sequence: UInt64(sequence)))
        }
        try bystander.check()
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    @Test func moreBytesThanAClientMaySend_areDroppedAndCounted() throws {
        let daemon = try DaemonUnderTest(idle: 300, settings: ["quotas.bytes_per_second=1 KiB"])
        let player = try Player(daemon)
        let reports = (0..<5000).map { PenSample(Sample(x: Float($0), y: 0, time: Int64($0) * 7500)) }
        let payload = try packet(reports)
        let (messages, burst) = (200, 2 << 20)
        for _ in 0..<messages { try player.send(topic: "ink.greedy", payload: payload) }
        #expect(
            try daemon.comesTo {
                ($0.counters["packets_ink"] ?? 0) + ($0.counters["dropped_quota_bytes"] ?? 0) == UInt64(messages)
            })
        // At once a client may send two mebibytes; after that next to nothing comes through.
        let taken = try Int(daemon.status().counters["packets_ink"] ?? 0)
        #expect((burst / payload.count...burst / payload.count + 5).contains(taken))
    }

    /// One client may have so many streams and no more; others, and its own older ones, go on.
    @Test func aHundredThousandNamesOfOneClientMeetItsQuota() throws {
        let daemon = try DaemonUnderTest(idle: 300)
        try flood(daemon, drop: "dropped_quota_streams", streams: 512)
    }

    /// Even where quotas allow them, lanes keep as many streams as configured.
    @Test func aHundredThousandNamesMeetTheLimitOfStreams() throws {
        let daemon = try DaemonUnderTest(
            idle: 300, settings: ["quotas.streams=1000000", "quotas.bytes_per_second=1 GiB", "limits.streams=1000"])
        try flood(daemon, drop: nil, streams: 1000)
    }

    private func flood(_ daemon: DaemonUnderTest, drop: String?, streams: UInt32) throws {
        var bystander = try Bystander(daemon)
        #expect(try daemon.comesTo { $0.streams == 1 })
        let payload = try packet(Array(ScribblingPen.oneLetter.prefix(1)))
        for number in 0..<100_000 {
            try bystander.player.send(topic: "ink.name-\(number)", payload: payload)
            if number.isMultiple(of: 20_000) { try bystander.write(1) }
        }
        try bystander.check()
        #expect(
            try daemon.comesTo { status in
                let dropped = status.counters.filter { $0.key.hasPrefix("dropped_") }.values.reduce(0, +)
                return (status.counters["packets_ink"] ?? 0) + dropped >= 100_000
            })
        let status = try daemon.status()
        #expect(status.streams <= streams)
        if let drop { #expect(status.counters[drop, default: 0] > 90_000, "\(status.counters)") }
        #expect(daemon.residentBytes < 200 << 20)
        #expect(daemon.end(with: SIGTERM) == 0)
    }
}
