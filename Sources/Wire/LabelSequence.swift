import DuctusStreaming

/// Label events as a subscriber should take them: repeats dropped by their number, foreign topics and unreadable messages passed over.
package struct LabelSequence {
    private var latest: [StreamName: (epoch: UInt64, number: UInt64)] = [:]

    package init() {}

    /// The event in the frames of a message; nil if it is none, or was seen before.
    package mutating func event(in frames: [[UInt8]]) -> LabelEvent? {
        guard frames.count == 2, case .labels(let stream)? = try? Topic(wire: frames[0]),
            let event = try? LabelEvent(wire: frames[1]), event.stream == stream
        else { return nil }
        if let seen = latest[stream], (event.epoch, event.number) <= seen { return nil }
        latest[stream] = (event.epoch, event.number)
        return event
    }
}
