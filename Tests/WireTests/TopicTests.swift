import DuctusStreaming
import DuctusWire
import Testing

@Suite struct TopicTests {
    @Test func everyTopicReadsWhatItPrints() throws {
        let name = try #require(StreamName("desk-3"))
        for topic in [Topic.ink(name), .features(name), .labels(name), .review(name), .events] {
            #expect(try Topic(wire: topic.wire) == topic)
        }
        #expect(Topic.ink(name).description == "ink.desk-3")
        #expect(Topic.labels(name).description.hasPrefix(Topic.labelsPrefix))
    }

    @Test(arguments: ["", "ink", "pen.a", "inkx.a", "events.a", "labels"])
    func refusesUnknownTopics(text: String) {
        #expect(throws: WireFault.topic(text)) { try Topic(text) }
    }

    @Test(arguments: ["", "a b", "../x", "a.b", "\u{e9}", String(repeating: "a", count: 65)])
    func refusesNamesThatAreNone(name: String) {
        #expect(throws: WireFault.streamName(name)) { try Topic("ink." + name) }
    }

    @Test func refusesEndlessAndGarbledBytes() {
        #expect(throws: WireFault.self) { try Topic(wire: [UInt8](repeating: 97, count: 100_000)) }
        #expect(throws: WireFault.self) { try Topic(wire: [105, 110, 107, 46, 0xff, 0xfe]) }
    }
}
