import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire

/// Label events as a subscriber should take them: repeats dropped by their number, foreign topics and unreadable messages passed over.
package final class LabelFeed {
    private let subscriber: Subscriber
    private var sequence = LabelSequence()

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
            if let event = sequence.event(in: frames) { return event }
        } while ContinuousClock.now < deadline
        return nil
    }
}
