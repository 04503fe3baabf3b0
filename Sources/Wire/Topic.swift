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
        guard let kind = Self.kinds.first(where: { text.utf8.starts(with: $0.prefix.utf8) }) else {
            throw .topic(String(text.prefix(80)))
        }
        let name = Substring(text.utf8.dropFirst(kind.prefix.utf8.count))
        guard let stream = StreamName(name) else { throw .streamName(String(name.prefix(80))) }
        self = kind.make(stream)
    }

    /// The topics that name a stream.
    private static let kinds: [(prefix: String, make: @Sendable (StreamName) -> Topic)] = [
        (inkPrefix, { .ink($0) }), (featuresPrefix, { .features($0) }), (labelsPrefix, { .labels($0) }),
        (reviewPrefix, { .review($0) }),
    ]

    /// Decodes the first frame of a message.
    package init(wire: [UInt8]) throws(WireFault) {
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

    package var description: String { stream.map { prefix + $0.text } ?? "events" }

    /// The part before the stream's name; of `events`, which names none, itself with a full stop.
    var prefix: String {
        switch self {
        case .ink: Self.inkPrefix
        case .features: Self.featuresPrefix
        case .labels: Self.labelsPrefix
        case .review: Self.reviewPrefix
        case .events: "events."
        }
    }

    package var wire: [UInt8] { Array(description.utf8) }

    package var stream: StreamName? {
        switch self {
        case .ink(let stream), .features(let stream), .labels(let stream), .review(let stream): stream
        case .events: nil
        }
    }
}
