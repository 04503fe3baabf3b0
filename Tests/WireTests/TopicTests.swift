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

@Suite struct SlottedTopicTests {
    @Test func aSlotIsTakenOutOfATopic() throws {
        let stream = try #require(StreamName("desk"))
        let slot = try #require(Slot(0x2a7))
        let wire = Topic.ink(stream).wire(in: slot)
        #expect(String(decoding: wire, as: UTF8.self) == "ink/2a7.desk")
        let split = Topic.split(wire)
        #expect(split.slot == slot && split.topic == Topic.ink(stream).wire)
        #expect(wire.starts(with: Topic.prefix(Topic.inkPrefix, of: slot)))
    }

    @Test(arguments: ["ink.desk", "ink/2a7", "ink/2a7desk", "ink/400.desk", "ink/2A7.desk", "events", "", "."])
    func otherTopicsStayAsTheyAre(topic: String) {
        let split = Topic.split(Array(topic.utf8))
        #expect(split.slot == nil && split.topic == Array(topic.utf8))
    }

    @Test func theLongestTopicOfACellFits() throws {
        let stream = try #require(StreamName(String(repeating: "a", count: 64)))
        let slot = try #require(Slot(1023))
        #expect(Topic.features(stream).wire(in: slot).count <= 80)
    }
}
