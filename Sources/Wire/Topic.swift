import DuctusStreaming

/// The first frame of every message that is published: what it is about. ZeroMQ subscribes by prefix, so a subscriber
/// compares whole topics.
package enum Topic: Hashable, Sendable, CustomStringConvertible {
    case ink(StreamName)
    case features(StreamName)
    case labels(StreamName)
    case review(StreamName)
    case events

    /// The part before the stream's name. A subscription to it takes all streams.
    package static let inkPrefix = "ink."
    package static let featuresPrefix = "features."
    package static let labelsPrefix = "labels."
    package static let reviewPrefix = "review."
    /// A subscription below it is answered at once with an empty message: earlier subscriptions are in force.
    package static let readyPrefix = "ready."

    /// - Throws: `WireFault.topic`, or `.streamName` where only the name is wrong.
    package init(_ text: String) throws(WireFault) {
        if text == "events" {
            self = .events
            return
        }
        guard let dot = text.firstIndex(of: ".") else { throw .topic(String(text.prefix(80))) }
        let name = text[text.index(after: dot)...]
        let make: (StreamName) -> Topic
        switch text[...dot] {
        case Self.inkPrefix: make = Topic.ink
        case Self.featuresPrefix: make = Topic.features
        case Self.labelsPrefix: make = Topic.labels
        case Self.reviewPrefix: make = Topic.review
        default: throw .topic(String(text.prefix(80)))
        }
        guard let stream = StreamName(name) else { throw .streamName(String(name.prefix(80))) }
        self = make(stream)
    }

    /// Decodes the first frame of a message.
    package init(wire: some Collection<UInt8>) throws(WireFault) {
        guard wire.count <= 80 else { throw .topic("\(wire.count) bytes") }
        try self.init(String(decoding: wire, as: UTF8.self))
    }

    /// The separator between the kind of a topic and its slot. It is no full stop, so that a subscription to all
    /// streams without a slot (`ink.`) takes none with a slot.
    private static let slotMark = UInt8(ascii: "/")

    /// Takes the slot out of a topic that was published to a cell: `ink/2a7.desk` is `ink.desk` of the slot 2a7.
    ///
    /// - Returns: nil for the slot of a topic without one, which is returned as it is.
    package static func split(_ wire: [UInt8]) -> (slot: Slot?, topic: [UInt8]) {
        guard let mark = wire.firstIndex(of: slotMark), wire.count > mark + 4, wire[mark + 4] == UInt8(ascii: "."),
            let slot = Slot(digits: wire[(mark + 1)..<(mark + 4)])
        else { return (nil, wire) }
        return (slot, Array(wire[..<mark] + wire[(mark + 4)...]))
    }

    /// The first frame of a message to a cell.
    package func wire(in slot: Slot) -> [UInt8] { Self.prefix(prefix, of: slot) + Array((stream?.text ?? "").utf8) }

    /// The subscription of a cell's daemon to one slot of an input.
    package static func prefix(_ inputPrefix: String, of slot: Slot) -> [UInt8] {
        Array(inputPrefix.utf8.dropLast()) + [slotMark] + Array((slot.digits + ".").utf8)
    }

    package var description: String {
        switch self {
        case .ink(let stream): Self.inkPrefix + stream.text
        case .features(let stream): Self.featuresPrefix + stream.text
        case .labels(let stream): Self.labelsPrefix + stream.text
        case .review(let stream): Self.reviewPrefix + stream.text
        case .events: "events"
        }
    }

    /// The part before the stream's name.
    var prefix: String { String(description.prefix { $0 != "." }) + "." }

    package var wire: [UInt8] { Array(description.utf8) }

    package var stream: StreamName? {
        switch self {
        case .ink(let stream), .features(let stream), .labels(let stream), .review(let stream): stream
        case .events: nil
        }
    }
}
