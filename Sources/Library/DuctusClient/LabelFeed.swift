import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire

/// Label events as a subscriber should take them: repeats dropped by their number, foreign topics and unreadable messages passed over.
package final class LabelFeed {
    private let subscriber: Subscriber
    private var latest: [StreamName: (epoch: UInt64, number: UInt64)] = [:]

    package init(_ subscriber: Subscriber) {
        self.subscriber = subscriber
    }

    /// The next event, or nil if none comes in time.
    package func next(milliseconds: Int) throws -> LabelEvent? {
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        repeat {
            // Rounded up: a wait of less than a millisecond would be none, and the caller would spin.
            let left = max(0, Int(((deadline - ContinuousClock.now) / .milliseconds(1)).rounded(.up)))
            guard let frames = try subscriber.receive(milliseconds: left) else { return nil }
            guard frames.count == 2, case .labels(let stream)? = try? Topic(wire: frames[0]),
                let event = try? LabelEvent(wire: frames[1]), event.stream == stream, isNew(event)
            else { continue }
            return event
        } while ContinuousClock.now < deadline
        return nil
    }

    private func isNew(_ event: LabelEvent) -> Bool {
        if let seen = latest[event.stream], (event.epoch, event.number) <= seen { return false }
        latest[event.stream] = (event.epoch, event.number)
        return true
    }
}
