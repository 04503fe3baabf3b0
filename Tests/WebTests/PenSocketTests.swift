import DuctusFoundations
import DuctusInk
import DuctusStreaming
import DuctusTransport
import DuctusWeb
import DuctusWire
import Foundation
import Synchronization
import Testing

/// The daemon behind the transport: keeps what was published, lets everybody have everything.
private final class Hall: MessageHandler {
    /// Bytes that clients have left.
    let room = Mutex(Int.max)
    let packets = Mutex<[InkPacket]>([])
    let wanted = Mutex<Set<String>>([])
    let last = Mutex<[Publication]>([])

    func receive(_ batch: MessageBatch) {
        for message in 0..<batch.count {
            guard let packet = try? InkPacket(wire: batch.frame(message, 1)) else { continue }
            packets.withLock { $0.append(packet) }
        }
    }

    func answer(_ request: [UInt8], from peer: PeerIdentity, reply: @escaping @Sendable ([UInt8]) -> Void) {
        guard let asked = try? WireControlRequest(wire: request) else {
            Issue.record("a request cannot be decoded")
            return
        }
        let answer: WireControlReply.OneOf_Body =
            asked.correct.text == "so"
            ? .correct(.with { $0.correction = 3 })
            : .failure(.with { ($0.code, $0.message, $0.remedy) = (.implausible, "no", "write what it says") })
        if let bytes = try? WireControlReply(id: asked.id, answer).wire() { reply(bytes) }
    }

    func hasRoom(for bytes: Int, of topic: [UInt8], from peer: PeerIdentity) -> Bool { bytes <= room.withLock { $0 } }
    func permitsSubscription(to prefix: [UInt8], by peer: PeerIdentity) -> Bool { true }
    func permits(_ topic: [UInt8], to peer: PeerIdentity) -> Bool { true }
    func welcome(to prefix: [UInt8]) -> [Publication] {
        last.withLock { $0.filter { $0.topic.starts(with: prefix) } }
    }
    func subscription(to prefix: [UInt8], isWanted: Bool) {
        let text = String(decoding: prefix, as: UTF8.self)
        wanted.withLock { if isWanted { $0.insert(text) } else { $0.remove(text) } }
    }
}

/// A client of RFC 6455, as wrong as a test wants it.
private final class SocketClient {
    let socket: PlainSocket

    init(_ door: Door, path: String = "/v1/pen", head: String? = nil) throws {
        socket = try door.connect()
        try socket.send(
            Array(
                "GET \(path) HTTP/1.1\r\n\(head ?? door.host)Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                    .utf8))
        answer = socket.readHead()
    }

    let answer: String

    func send(_ text: String, opcode: UInt8 = 1, isLast: Bool = true, isMasked: Bool = true) throws {
        let bytes = Array(text.utf8)
        var frame: [UInt8] = [(isLast ? 0x80 : 0) | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        if bytes.count < 126 {
            frame.append(mask | UInt8(bytes.count))
        } else {
            frame += [mask | 127] + withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { Array($0) }
        }
        if isMasked { frame += [1, 2, 3, 4] }
        frame += isMasked ? bytes.enumerated().map { $1 ^ UInt8($0 % 4 + 1) } : bytes
        try socket.send(frame)
    }

    /// The next message that is no ping: its text, or the code with which the socket was closed; nil at the end.
    func receive() -> (text: String, code: UInt16?)? {
        while true {
            let head = socket.read(exactly: 2)
            guard head.count == 2 else { return nil }
            var length = Int(head[1] & 0x7f)
            if length == 126 { length = socket.read(exactly: 2).reduce(0) { $0 << 8 | Int($1) } }
            if length == 127 { length = socket.read(exactly: 8).reduce(0) { $0 << 8 | Int($1) } }
            let data = socket.read(exactly: length)
            switch head[0] & 15 {
            case 1: return (String(decoding: data, as: UTF8.self), nil)
            case 8: return ("", data.count >= 2 ? UInt16(data[0]) << 8 | UInt16(data[1]) : 1005)
            default: continue
            }
        }
    }

    func greet(_ token: String = Door.token, more: String = "") throws {
        try send(#"{"type":"hello","token":"\#(token)","stream":"p","epoch":5,"sequence":0\#(more)}"#)
    }
}

@Suite struct PenSocketTests {
    private let hall = Hall()

    /// Pings come so seldom because the client answers none, and other tests may keep the threads for a minute.
    private static let patient: WebLimits = {
        var limits = WebLimits()
        limits.pingTime = 600
        return limits
    }()

    private func open(_ limits: WebLimits = patient) throws -> (door: Door, transport: WebTransport) {
        // `start` calls the closure on this thread, before it returns.
        nonisolated(unsafe) var made: Door?
        let transport = WebTransport { transport in
            let door = try? Door(limits: limits, sockets: transport)
            made = door
            return door?.server
        }
        transport.start(hall)
        return (try #require(made), transport)
    }

    private func label(
        _ number: UInt64, _ state: LabelEvent.State, text: String, strokes: [UInt32] = [0], of name: String = "p"
    ) throws -> Publication {
        let stream = try #require(StreamName(name))
        let event = LabelEvent(
            stream: stream, epoch: 1, number: number, segment: 1, state: state, text: text, committed: 0, symbols: [],
            generation: .init(number: 0), strokes: strokes, sampleCount: 1,
            stamps: .init(arrived: 0, decided: 0, published: 0))
        return Publication(Topic.labels(stream).wire, try event.wire())
    }

    /// Until the daemon has so many packets.
    private func packets(_ count: Int) async throws -> [InkPacket] {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            // Other tests may keep the threads for longer than the deadline: it counts only where nothing came.
            let isLate = ContinuousClock.now >= deadline
            let packets = hall.packets.withLock { $0 }
            if packets.count >= count { return packets }
            if isLate { throw SocketFault(0, "only \(packets.count) packets came") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// A flood of long messages beyond the quota costs the other sockets little: none of it is read.
    @Test func aLongMessageBeyondTheQuota_isNotRead() async throws {
        let (door, _) = try open()
        let client = try SocketClient(door)
        try client.greet()
        #expect(client.receive()?.text == #"{"type":"welcome","stream":"p"}"#)
        let column = (0..<5000).map { "\($0)" }.joined(separator: ",")
        func send(_ sequence: Int) throws {
            try client.send(#"{"type":"samples","sequence":\#(sequence),"x":[\#(column)],"y":[\#(column)]}"#)
        }
        try send(1)
        _ = try await packets(2)
        hall.room.withLock { $0 = 20_000 }
        try send(2)
        // It would end the socket if it were read.
        try client.send(#"{"type":"nonsense","x":["# + column + "," + column + "]}")
        try client.send(#"{"type":"end","sequence":3}"#)
        #expect(try await packets(3).map(\.sequence) == [0, 1, 3])
    }

    @Test func samples_becomeThePacketsOfAnyPen() async throws {
        let (door, _) = try open()
        let client = try SocketClient(door)
        #expect(client.answer.hasPrefix("HTTP/1.1 101"))
        try client.greet(more: #","writer":"anna","resolution":3.8"#)
        #expect(client.receive()?.text == #"{"type":"welcome","stream":"p"}"#)
        try client.send(
            #"{"type":"samples","sequence":1,"stroke":0,"x":[1,2],"y":[3,4],"t":[10,18.5],"p":[0.5,0],"contact":[1,0]}"#
        )
        try client.send(#"{"type":"retract","sequence":2,"strokes":[0]}"#)
        try client.send(#"{"type":"end","sequence":3}"#)
        let packets = try await packets(4)
        #expect(packets.map(\.sequence) == [0, 1, 2, 3])
        #expect(packets.allSatisfy { $0.epoch == 5 })
        let hello = StreamHello(writer: "anna", unit: .pixel, resolution: 3.8)
        #expect(packets[0].content == .hello(hello))
        let samples = [
            PenSample(Sample(x: 1, y: 3, time: 10_000, pressure: 0.5)),
            PenSample(Sample(x: 2, y: 4, time: 18_500, pressure: 0), contact: false),
        ]
        #expect(packets[1].content == .samples(samples, firstStroke: 0))
        #expect(packets[2].content == .retraction([0]))
        #expect(packets[3].content == .endOfSegment)
    }

    @Test func labels_andCorrections_comeBack() throws {
        let (door, transport) = try open()
        let client = try SocketClient(door)
        try client.greet()
        #expect(client.receive()?.text.contains("welcome") == true)
        #expect(transport.send(try label(1, .partial, text: "he"), matters: false))
        #expect(client.receive()?.text.contains(#""type":"partial""#) == true)
        #expect(transport.send(try label(2, .final, text: "hello"), matters: true))
        #expect(client.receive()?.text.contains(#""type":"final""#) == true)
        try client.send(#"{"type":"correct","id":9,"segment":1,"text":"so"}"#)
        #expect(client.receive()?.text == #"{"type":"corrected","id":9,"correction":3,"writer":""}"#)
        try client.send(#"{"type":"correct","id":10,"segment":1,"text":"zz"}"#)
        #expect(client.receive()?.text == #"{"type":"refused","id":10,"message":"no","remedy":"write what it says"}"#)
    }

    /// A stream's name may begin with another's.
    @Test func aSocketGetsItsOwnStreamAlone() throws {
        hall.last.withLock { $0 = [try? label(1, .partial, text: "other", of: "p2")].compactMap { $0 } }
        let (door, transport) = try open()
        let client = try SocketClient(door)
        try client.greet()
        #expect(client.receive()?.text == #"{"type":"welcome","stream":"p"}"#)
        transport.send(try label(2, .final, text: "other", of: "p2"), matters: true)
        transport.send(try label(1, .final, text: "own"), matters: true)
        #expect(client.receive()?.text.contains("own") == true)
    }

    @Test func finalsThatWereMissed_areSentAfterAReconnection() async throws {
        let (door, transport) = try open()
        do {
            let client = try SocketClient(door)
            try client.greet()
            _ = client.receive()
        }
        while hall.wanted.withLock({ !$0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
        for number in 1...3 {
            transport.send(try label(UInt64(number), .final, text: "line \(number)"), matters: true)
        }
        let client = try SocketClient(door)
        try client.greet(more: #","seenEpoch":1,"seenNumber":1"#)
        let texts = (0..<3).compactMap { _ in client.receive()?.text }
        #expect(texts[0].contains("line 2") && texts[1].contains("line 3") && texts[2].contains("welcome"))
    }

    @Test func withoutAToken_nothingComesAndNothingGoes() throws {
        var limits = WebLimits()
        limits.headTime = 0.3
        let (door, _) = try open(limits)
        let wrong = try SocketClient(door)
        try wrong.greet("wrong")
        #expect(wrong.receive()?.code == 1008)
        let early = try SocketClient(door)
        try early.send(#"{"type":"end","sequence":0}"#)
        #expect(early.receive()?.code == 1008)
        let silent = try SocketClient(door)
        #expect(silent.receive()?.code == 1008)
        #expect(hall.packets.withLock { $0.isEmpty })
    }

    @Test func pagesFromElsewhere_getNoSocket() throws {
        let (door, _) = try open()
        #expect(!(try SocketClient(door, head: door.host + "Origin: http://evil.example\r\n").answer.contains(" 101 ")))
        #expect(!(try SocketClient(door, head: "Host: evil.example\r\n").answer.contains(" 101 ")))
        #expect(!(try SocketClient(door, path: "/v1/other").answer.contains(" 101 ")))
    }

    @Test func framesThatBreakTheRules_endTheirSocketAlone() throws {
        let (door, _) = try open()
        let honest = try SocketClient(door)
        try honest.greet()
        #expect(honest.receive() != nil)

        let unmasked = try SocketClient(door)
        try unmasked.send(#"{"type":"hello"}"#, isMasked: false)
        #expect(unmasked.receive()?.code == 1002)
        let huge = try SocketClient(door)
        try huge.socket.send(
            [0x81, 0xff] + withUnsafeBytes(of: UInt64(1 << 30).bigEndian) { Array($0) } + [0, 0, 0, 0])
        #expect(huge.receive()?.code == 1009)
        let endless = try SocketClient(door)
        try endless.send("a", isLast: false)
        for _ in 0..<100 { try endless.send("a", opcode: 0, isLast: false) }
        #expect(endless.receive()?.code == 1009)
        let binary = try SocketClient(door)
        try binary.send("a", opcode: 2)
        #expect(binary.receive()?.code == 1003)
        let nested = try SocketClient(door)
        try nested.send(#"{"type":"# + String(repeating: "[", count: 10_000))
        #expect(nested.receive()?.code == 1007)
        let stray = try SocketClient(door)
        try stray.send("a", opcode: 0)
        #expect(stray.receive()?.code == 1002)

        try honest.send(#"{"type":"correct","id":1,"segment":1,"text":"so"}"#)
        #expect(honest.receive()?.text.contains("corrected") == true)
    }

    @Test func aReaderThatIsSlow_getsTheNewestPartialAndAllFinals() throws {
        let (door, transport) = try open()
        let client = try SocketClient(door)
        try client.greet()
        _ = client.receive()
        let long = String(repeating: "long ", count: 4000)
        for number in 1...200 {
            let isFinal = number % 20 == 0
            transport.send(
                try label(UInt64(number), isFinal ? .final : .partial, text: "\(number) \(isFinal ? "end" : long)"),
                matters: isFinal)
        }
        transport.send(try label(201, .final, text: "last"), matters: true)
        var (finals, partials) = (0, 0)
        while let text = client.receive()?.text {
            if text.contains(#""type":"final""#) { finals += 1 } else { partials += 1 }
            if text.contains(#""text":"last""#) { break }
        }
        #expect(finals == 11)
        #expect(partials < 190)
    }

    @Test func socketsWithoutATokenMakeRoom_thoseWithOneStay() throws {
        var limits = WebLimits()
        limits.connections = 8
        let (door, _) = try open(limits)
        let honest = try SocketClient(door)
        try honest.greet()
        #expect(honest.receive() != nil)
        let nobody = try (0..<20).map { _ in try SocketClient(door) }
        #expect(try door.status("GET /page HTTP/1.1\r\n\(door.host)Connection: close\r\n\r\n") == 200)
        #expect(door.counters.current.refused["crowded_out"] ?? 0 >= 12)
        try honest.send(#"{"type":"correct","id":1,"segment":1,"text":"so"}"#)
        #expect(honest.receive()?.text.contains("corrected") == true)
        withExtendedLifetime(nobody) {}
    }

    @Test func beforeItsToken_aSocketHasSmallMessages() throws {
        let (door, _) = try open()
        let client = try SocketClient(door)
        try client.greet(more: #","writer":"\#(String(repeating: "a", count: 20_000))""#)
        #expect(client.receive()?.code == 1009)
    }

    /// Answers to pings are not kept for one who does not read them.
    @Test func pingsWhoseAnswersNobodyReads_endTheSocket() throws {
        let (door, _) = try open()
        let client = try SocketClient(door)
        try client.greet()
        let ping: [UInt8] = [0x89, 0xfd, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 125)
        let pings = [[UInt8]](repeating: ping, count: 1000).flatMap { $0 }
        for _ in 0..<400 where door.counters.current.refused["slow"] == nil { try client.socket.send(pings) }
        #expect(door.counters.current.refused["slow"] == 1)
    }
}
