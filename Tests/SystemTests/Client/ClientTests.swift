import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// What subscribers of a real daemon get.
@Suite struct ClientTests {
    private let recognizer: Recognizer

    init() throws {
        recognizer = Recognizer(model: try TinyModel.make())
    }

    private func recording(_ name: String, seed: UInt64, letters: Int, ends: Bool = true) throws -> (
        InkRecording, ScribblingPen
    ) {
        var pen = ScribblingPen(seed: seed)
        var recording = InkRecording(stream: .named(name))
        for samples in pen.letters(letters) { try recording.send(.samples(samples, firstStroke: nil)) }
        if ends { try recording.send(.endOfSegment) }
        return (recording, pen)
    }

    @Test func subscribersWhoComeLateGetTheLastEvent() throws {
        let daemon = try DaemonUnderTest()
        let first = try Listener(daemon)
        let player = try Player(daemon)
        let (recording, pen) = try recording("late", seed: 5, letters: 8)
        try player.play(recording.records)
        #expect(try first.listen { $0.finals.count == 1 })
        let expected = try recognizer.recognize(pen.strokes).text
        // The second of them is a second subscriber to the very same topic, which XPUB keeps to itself unless told otherwise.
        for _ in 1...2 {
            let late = try Listener(daemon, lateTo: "labels.late")
            #expect(try late.listen { !$0.events.isEmpty })
            let event = try #require(late.events.first)
            #expect(event.state == .final && event.text == expected)
            #expect((event.epoch, event.number) == (first.finals[0].epoch, first.finals[0].number))
        }
        // Who was there before gets it again, and knows it by its number.
        try first.hear(milliseconds: 200)
        #expect(first.finals.count == 1)
    }

    @Test func partialsKeepWhatTheyHaveCommitted() throws {
        let daemon = try DaemonUnderTest()
        let listener = try Listener(daemon)
        let player = try Player(daemon)
        let (recording, _) = try recording("growing", seed: 6, letters: 60)
        try player.play(recording.records)
        #expect(try listener.listen { $0.finals.count == 1 })
        #expect(listener.events.map(\.number) == Array(1...UInt64(listener.events.count)))
        var committed: [Unicode.Scalar] = []
        for event in listener.events where event.state == .partial {
            let scalars = Array(event.text.unicodeScalars)
            #expect(scalars.starts(with: committed))
            committed = Array(scalars.prefix(event.committed))
        }
    }

    @Test func terminationPublishesTheFinalsOfAllOpenSegments() throws {
        let daemon = try DaemonUnderTest(lanes: 2)
        let listener = try Listener(daemon)
        let player = try Player(daemon)
        var expected: [String: String] = [:]
        for number in 1...8 {
            let (recording, pen) = try recording(
                "open-\(number)", seed: UInt64(number), letters: 5 * number, ends: false)
            try player.play(recording.records)
            expected["open-\(number)"] = try recognizer.recognize(pen.strokes).text
        }
        // What is still on its way when the signal comes was not taken in.
        let packets = UInt64((1...8).reduce(0) { $0 + 5 * $1 })
        #expect(try daemon.comesTo { $0.counters["packets_ink"] == packets })
        #expect(daemon.end(with: SIGTERM) == 0)
        #expect(try listener.listen { $0.finals.count == 8 })
        for final in listener.finals {
            #expect(final.ending == .shutdown)
            #expect(final.text == expected[final.stream.text])
        }
    }
}
