import DuctusFoundations
import DuctusStreaming
import DuctusWire
import Synchronization

/// Publishes the daemon's events under the topic `events`: promotions, rejections, rollbacks, reloads, streams that
/// left.
///
/// Guarantee: numbers count from 1 without a gap, in the order in which they are given to the socket.
package final class EventPublisher: Sendable {
    private let clock: any Clock
    private let epoch: UInt64
    private let state = Mutex(State())

    private struct State {
        var number: UInt64 = 0
        var send: (@Sendable (Topic, [UInt8]) -> Void)?
    }

    package init(clock: any Clock) {
        self.clock = clock
        epoch = UInt64(clamping: clock.unixMicroseconds / 1000)
    }

    /// The target of events from now on. Events before went nowhere.
    package func connect(_ send: @escaping @Sendable (Topic, [UInt8]) -> Void) {
        state.withLock { $0.send = send }
    }

    package func publish(_ body: WireDaemonEvent.OneOf_Body) {
        state.withLock { state in
            var event = WireDaemonEvent()
            event.epoch = epoch
            event.number = state.number + 1
            event.time = clock.unixMicroseconds
            event.body = body
            guard let send = state.send, let bytes = try? event.wire() else { return }
            state.number += 1
            send(.events, bytes)
        }
    }
}
