import DuctusDaemon
import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// A server on ipc sockets in a folder of its own, with a tiny model, and clients of it.
private final class RunningServer {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))").path
    let server: Server
    let context: Context
    let model: Model

    init(lanes: Int = 1) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        model = try TinyModel.make()
        try model.weightFile().write(to: URL(filePath: folder + "/tiny.safetensors"))
        try """
        directories: {runtime: "\(folder)", state: "\(folder)/state"}
        lanes: \(lanes)
        pipelines:
          - name: ink
            model: "\(folder)/tiny.safetensors"
        """.write(toFile: folder + "/ductus.yaml", atomically: true, encoding: .utf8)
        let loaded = try ConfigurationLoader(path: folder + "/ductus.yaml", environment: [:]).load()
        server = try Server(loaded, transports: TransportSet(loaded))
        try server.start()
        context = try Context()
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func endpoint(_ name: String) throws -> Endpoint { try Endpoint("ipc://\(folder)/\(name)") }

    func subscriber(_ prefix: String = "labels.") throws -> Subscriber {
        let subscriber = try Subscriber(context: context, endpoint: endpoint("labels"))
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        try subscriber.subscribe(Array(prefix.utf8))
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        return subscriber
    }

    func publisher() throws -> Publisher {
        let publisher = try Publisher(context: context, endpoint: endpoint("ink"))
        try publisher.waitForSubscription(to: Array("ink.p".utf8), milliseconds: 5000)
        return publisher
    }

    func ask(_ body: WireControlRequest.OneOf_Body) throws -> WireControlReply.OneOf_Body {
        let client = ControlClient(context: context, endpoint: try endpoint("control"))
        return try WireControlReply(wire: client.request(WireControlRequest(id: 9, body).wire(), milliseconds: 5000))
            .answer()
    }

    /// The next final on the subscription.
    func final(_ subscriber: Subscriber) throws -> LabelEvent {
        while true {
            let frames = try #require(try subscriber.receive(milliseconds: 10_000), "no final came")
            guard frames.count == 2, !frames[1].isEmpty else { continue }
            let event = try LabelEvent(wire: frames[1])
            if event.state == .final { return event }
        }
    }
}

/// Sends one line of `letters` on a stream and ends it.
@discardableResult
private func write(_ letters: Int, seed: UInt64, as stream: String, epoch: UInt64 = 1, on publisher: Publisher) throws
    -> [Stroke]
{
    var pen = ScribblingPen(seed: seed)
    let contents = pen.letters(letters).map { InkPacket.Content.samples($0, firstStroke: nil) } + [.endOfSegment]
    for (sequence, content) in contents.enumerated() {
        let packet = InkPacket(epoch: epoch, sequence: UInt64(sequence), content: content)
        try publisher.send(topic: Array("ink.\(stream)".utf8), payload: packet.wire())
    }
    return pen.strokes
}

@Suite struct ServerTests {
    @Test func inkBecomesTheFinalThatRecognizeGives() throws {
        let running = try RunningServer()
        let subscriber = try running.subscriber()
        let strokes = try write(9, seed: 1, as: "p1", on: try running.publisher())
        let final = try running.final(subscriber)
        let expected = try Recognizer(model: running.model, decoding: .beam).recognize(strokes)
        #expect(!expected.text.isEmpty)
        #expect(final.stream.text == "p1" && final.text == expected.text && final.ending == .explicit)
    }

    @Test func manyStreamsOnTwoLanesAreReadAsEachAlone() throws {
        let running = try RunningServer(lanes: 2)
        let subscriber = try running.subscriber()
        let publisher = try running.publisher()
        var expected: [String: String] = [:]
        let recognizer = Recognizer(model: running.model, decoding: .beam)
        for index in 0..<12 {
            let strokes = try write(5 + index, seed: UInt64(index), as: "p\(index)", on: publisher)
            expected["p\(index)"] = try recognizer.recognize(strokes).text
        }
        var read: [String: String] = [:]
        for _ in 0..<12 {
            let final = try running.final(subscriber)
            read[final.stream.text] = final.text
        }
        #expect(read == expected)
    }

    @Test func lateSubscriberFirstGetsTheLastEvent() throws {
        let running = try RunningServer()
        let early = try running.subscriber()
        try write(6, seed: 3, as: "p1", on: try running.publisher())
        let final = try running.final(early)
        let late = try Subscriber(context: running.context, endpoint: running.endpoint("labels"))
        try late.subscribe(Array("labels.p1".utf8))
        #expect(try running.final(late) == final)
    }

    @Test func statusAndStreamsAreTold() throws {
        let running = try RunningServer()
        let subscriber = try running.subscriber()
        try write(6, seed: 4, as: "p1", on: try running.publisher())
        let final = try running.final(subscriber)
        guard case .listStreams(let list) = try running.ask(.listStreams(.init())) else {
            Issue.record("another reply")
            return
        }
        #expect(list.streams.map(\.name) == ["p1"])
        #expect(list.streams.first?.text == final.text && list.streams.first?.segments == 1)
        guard case .status(let status) = try running.ask(.status(.init())) else {
            Issue.record("another reply")
            return
        }
        #expect(status.pipelines.map(\.name) == ["ink"] && status.lanes.count == 1 && status.residentBytes > 0)
        #expect(status.counters["packets_ink"] == 7)
    }

    @Test func requestThatNobodyServesIsRefusedWithAReason() throws {
        let running = try RunningServer()
        #expect(throws: ControlFailure.self) { try running.ask(.reload(.init())) }
    }

    @Test func nothingHostileDisturbsOtherStreams() throws {
        let running = try RunningServer()
        let subscriber = try running.subscriber("labels.good")
        let publisher = try running.publisher()
        var generator = SplitMix64(seed: 5)
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
        for index in 0..<300 {
            try publisher.send(topic: Array("ink.evil\(index)".utf8), payload: bytes(index))
            try publisher.send(topic: Array("ink.".utf8) + bytes(12), payload: bytes(20))
            try publisher.send(topic: Array("ink.\(String(repeating: "x", count: index))".utf8), payload: [])
        }
        let far = [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 1e30]
        let absurd = far.flatMap { x in far.map { PenSample(Sample(x: x, y: $0, time: .max)) } }
        for (sequence, content) in [
            InkPacket.Content.samples(absurd, firstStroke: .max), .retraction([.max, 0]), .endOfSegment,
        ].enumerated() {
            let packet = InkPacket(epoch: .max, sequence: UInt64.max - 3 + UInt64(sequence), content: content)
            if let payload = try? packet.wire() { try publisher.send(topic: Array("ink.evil".utf8), payload: payload) }
        }
        for _ in 0..<20 {
            let client = ControlClient(context: running.context, endpoint: try running.endpoint("control"))
            let reply = try WireControlReply(wire: client.request(bytes(30), milliseconds: 5000))
            #expect(throws: ControlFailure.self) { try reply.answer() }
        }
        let strokes = try write(8, seed: 6, as: "good", on: publisher)
        let final = try running.final(subscriber)
        #expect(final.text == (try Recognizer(model: running.model, decoding: .beam).recognize(strokes).text))
        #expect((running.server.totals.drops["malformed"] ?? 0) > 100)
        #expect((running.server.totals.drops["wrong_topic"] ?? 0) > 100)
    }

    @Test func stopPublishesTheFinalOfAnOpenSegment() throws {
        let running = try RunningServer()
        let subscriber = try running.subscriber()
        let publisher = try running.publisher()
        var pen = ScribblingPen(seed: 7)
        for (sequence, letter) in pen.letters(40).enumerated() {
            let packet = InkPacket(epoch: 1, sequence: UInt64(sequence), content: .samples(letter, firstStroke: nil))
            try publisher.send(topic: Array("ink.p".utf8), payload: packet.wire())
        }
        // A partial shows that the ink has arrived.
        _ = try #require(try subscriber.receive(milliseconds: 10_000))
        #expect(running.server.stop())
        #expect(try running.final(subscriber).ending == .shutdown)
    }

    @Test func inputIsHeardByWhoSubscribesToIt() throws {
        let running = try RunningServer()
        let tap = try running.subscriber("ink.")
        let publisher = try running.publisher()
        let packet = InkPacket(epoch: 1, sequence: 0, content: .endOfSegment)
        try publisher.send(topic: Array("ink.p9".utf8), payload: packet.wire())
        let frames = try #require(try tap.receive(milliseconds: 10_000))
        #expect(frames == [Array("ink.p9".utf8), try packet.wire()])
    }

    @Test func secondDaemonInTheSameDirectoryIsRefused() throws {
        let running = try RunningServer()
        let loaded = try ConfigurationLoader(path: running.folder + "/ductus.yaml", environment: [:]).load()
        #expect(throws: ServerFault.alreadyRunning(path: running.folder)) { try TransportSet(loaded) }
    }
}
