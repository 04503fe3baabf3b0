import DuctusFoundations
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// Publishes the daemon's events under the topic `events`: promotions, rejections, rollbacks, reloads, streams that
/// left.
///
/// Guarantee: numbers count from 1 without a gap, in the order in which they are given to the sink.
package final class EventPublisher: Sendable {
    private let sink: any MessageSink
    private let clock: any Clock
    private let epoch: UInt64
    /// The number of the last event.
    private let number = Mutex<UInt64>(0)

    /// - Parameter sink: gets the messages.
    package init(to sink: any MessageSink, clock: any Clock) {
        self.sink = sink
        self.clock = clock
        epoch = UInt64(clamping: clock.unixMicroseconds / 1000)
    }

    package func publish(_ body: WireDaemonEvent.OneOf_Body) {
        number.withLock { number in
            var event = WireDaemonEvent()
            event.epoch = epoch
            event.number = number + 1
            event.time = clock.unixMicroseconds
            event.body = body
            guard let bytes = try? event.wire() else { return }
            number += 1
            sink.send(Publication(Topic.events.wire, bytes), matters: true)
        }
    }
}
