import DuctusInk
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// The real program over real sockets.
@Suite struct DaemonSystemTests {
    /// A fixture of two interleaved streams, two lines each, and the finals that it must give.
    func fixture(in folder: String) throws -> (fixture: String, expected: String) {
        let recognizer = Recognizer(model: try TinyModel.make(), decoding: .beam)
        var records: [FixtureRecord] = []
        var lines: [String] = []
        for (index, stream) in ["left", "right"].enumerated() {
            var pen = ScribblingPen(seed: UInt64(index) + 1)
            var sequence: UInt64 = 0
            for line in 0..<2 {
                let contents = pen.letters(6).map { InkPacket.Content.samples($0, firstStroke: nil) } + [.endOfSegment]
                for content in contents {
                    let packet = InkPacket(epoch: 1, sequence: sequence, content: content)
                    records.append(
                        FixtureRecord(
                            topic: "ink.\(stream)", time: Int64(sequence) * 20_000, payload: try packet.wire()))
                    sequence += 1
                }
                lines.append("\(stream)\t\(try recognizer.recognize(Array(pen.strokes.suffix(6))).text)")
                if line == 0 { pen.rest(seconds: 0.5) }
            }
        }
        let file = folder + "/two.fixture"
        let writer = try FixtureWriter(URL(filePath: file))
        for record in records.sorted(by: { $0.time < $1.time }) { try writer.append(record) }
        try writer.close()
        let expected = folder + "/two.expected"
        try lines.joined(separator: "\n").write(toFile: expected, atomically: true, encoding: .utf8)
        return (file, expected)
    }

    @Test func replayGivesTheExpectedFinalsAtEverySpeedAndOnEveryNumberOfLanes() throws {
        for lanes in 1...2 {
            let daemon = try DaemonUnderTest(lanes: lanes)
            let (fixture, expected) = try fixture(in: daemon.folder)
            for speed in ["max", "max", "1"] {
                let (status, output) = try daemon.ductus("replay", fixture, "--speed", speed, "--expect", expected)
                #expect(status == 0, "\(lanes) lanes, speed \(speed): \(output)")
            }
        }
    }

    @Test func replayTellsFinalsThatDiffer() throws {
        let daemon = try DaemonUnderTest()
        let (fixture, expected) = try fixture(in: daemon.folder)
        let text = try String(contentsOfFile: expected, encoding: .utf8)
        try text.replacing("left\t", with: "left\tnot ").write(toFile: expected, atomically: true, encoding: .utf8)
        #expect(try daemon.ductus("replay", fixture, "--speed", "max", "--expect", expected).status == 1)
    }

    @Test func statusIsOneJSONObject() throws {
        let daemon = try DaemonUnderTest()
        let (fixture, _) = try fixture(in: daemon.folder)
        _ = try daemon.ductus("replay", fixture, "--speed", "max", "--patience", "0.5")
        let (status, output) = try daemon.ductus("status", "--json")
        #expect(status == 0)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect((object["streams"] as? [[String: Any]])?.count == 2)
    }

    @Test func terminationPublishesWhatIsOpenAndEndsWell() throws {
        let daemon = try DaemonUnderTest()
        let subscriber = try Subscriber(context: daemon.context, endpoint: daemon.endpoint("labels"))
        try subscriber.subscribe(Array("labels.".utf8))
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        let publisher = try Publisher(context: daemon.context, endpoint: daemon.endpoint("ink"))
        try publisher.waitForSubscription(to: Array("ink.p".utf8), milliseconds: 5000)
        var pen = ScribblingPen(seed: 3)
        for (sequence, letter) in pen.letters(30).enumerated() {
            let packet = InkPacket(epoch: 1, sequence: UInt64(sequence), content: .samples(letter, firstStroke: nil))
            try publisher.send(topic: Array("ink.p".utf8), payload: packet.wire())
        }
        _ = try #require(try subscriber.receive(milliseconds: 5000))
        #expect(daemon.end(with: SIGTERM) == 0)
        var last: LabelEvent?
        while let frames = try subscriber.receive(milliseconds: 500) {
            if frames.count == 2, !frames[1].isEmpty { last = try LabelEvent(wire: frames[1]) }
        }
        #expect(last?.state == .final && last?.ending == .shutdown)
    }
}
