import DuctusInk
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// Corrections to the real daemon, over its sockets.
@Suite struct LearningSystemTests {
    private static let stream = StreamName.named("lesson")
    /// Written in a hand that the shipped model reads with errors.
    private static let pen = {
        var hand = Writer(seed: 14, hand: .joined)
        (hand.slant, hand.carelessness, hand.aspect) = (-1, 1, 0.6)
        return SimulatedPen(writer: hand)
    }()
    private static let texts = [
        "the harbour was full of boats", "we count twenty of them and more", "quite a few had no name at all",
        "bring the rope and the old lamp", "five gulls sat on the grey wall", "she wrote it down in her book",
        "a storm came up from the west", "meet me there by the red crane", "the keeper lit the tall tower",
        "nobody saw him walk away again",
    ]

    /// A fixture of the texts on one stream, one segment each.
    private func fixture(in folder: String) throws -> [FixtureRecord] {
        var recording = InkRecording(stream: Self.stream)
        try recording.send(.hello(StreamHello(writer: "anna")), at: 0)
        for (index, text) in Self.texts.enumerated() {
            try recording.write(try Self.pen.strokes(of: text, seed: UInt64(index), start: recording.time + 500_000))
            try recording.send(.endOfSegment)
        }
        let file = URL(filePath: folder + "/lesson.fixture")
        let writer = try FixtureWriter(file)
        for record in recording.records { try writer.append(record) }
        try writer.close()
        return try FixtureReader.read(file)
    }

    private func replay(_ records: [FixtureRecord], to daemon: DaemonUnderTest) throws -> [LabelEvent] {
        let listener = try Listener(daemon)
        try Player(daemon).play(records)
        let areAllThere = try listener.listen { $0.finals.count >= Self.texts.count }
        #expect(areAllThere, "\(listener.finals.map { ($0.text, "\($0.ending)", $0.segment) })")
        #expect(listener.finals.allSatisfy { $0.gaps.packets == 0 }, "\(listener.finals.map { ($0.text, $0.gaps) })")
        return listener.finals
    }

    private func errors(_ finals: [LabelEvent]) -> Int {
        zip(finals, Self.texts).reduce(0) { $0 + EditDistance.between(Array($1.0.text), Array($1.1)) }
    }

    @Test(.enabled(if: FixtureFolder.model != nil, "there is no models/english"))
    func whatIsCorrectedIsReadBetterTheNextTime() throws {
        let daemon = try DaemonUnderTest(lanes: 2, model: FixtureFolder.model)
        let records = try fixture(in: daemon.folder)
        let before = try replay(records, to: daemon)
        #expect(errors(before) > 0, "the hand is read without errors: choose another one")
        let events = try Subscriber(context: daemon.context, endpoint: daemon.endpoint("labels"))
        try events.subscribe(Array(Topic.events.description.utf8))
        try events.waitUntilSubscribed(milliseconds: 20_000)
        for (final, text) in zip(before, Self.texts) {
            let request = WireCorrectRequest.with {
                ($0.stream, $0.segment, $0.text) = (Self.stream.text, final.segment, text)
            }
            guard case .correct(let reply) = try daemon.ask(.correct(request)) else { throw WireFault.unknownBody }
            #expect(reply.writer == "anna")
        }
        // The last promotion that comes is one that all corrections had a part in.
        var promotions: [WireTrial] = []
        let deadline = ContinuousClock.now + .seconds(120)
        while promotions.last?.corrections != UInt32(Self.texts.count), ContinuousClock.now < deadline {
            guard let frames = try events.receive(milliseconds: 1000), frames.count == 2 else { continue }
            if case .promotion(let trial)? = try WireDaemonEvent(wire: frames[1]).body,
                trial.generation.writer == "anna"
            {
                promotions.append(trial)
            }
        }
        let last = try #require(promotions.last, "nothing was promoted")
        let after = try replay(records, to: daemon)
        #expect(after.allSatisfy { $0.generation == .init(writer: "anna", number: last.generation.number) })
        #expect(errors(after) < errors(before), "\(errors(before)) errors before, \(errors(after)) after")

        // What a person decides holds.
        _ = try daemon.ask(.rollbackModel(.with { $0.generation = .with { $0.writer = "anna" } }))
        let back = try replay(records, to: daemon)
        // Everyone's weights may have learned meanwhile, and words that were corrected stay expected: neither are anna's weights.
        #expect(back.allSatisfy { $0.generation.writer != "anna" })
    }
}
