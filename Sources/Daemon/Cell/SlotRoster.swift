import DuctusFoundations
import DuctusStreaming
import Synchronization

/// The slots that this daemon of a cell reads, and which streams came for each.
///
/// A slot that just came is read from each pen's hello on. A pen says hello to whoever takes its slot, and sends again what has no final;
/// what comes before was sent to an earlier time of this daemon's and waited in the network while the link was down. Another daemon
/// has read it since.
///
/// Any thread may ask. Streams of which no packet has come for long are forgotten with all others of the roster, and are known again with
/// their next packet.
package final class SlotRoster: Sendable {
    private struct State {
        /// The time until which each slot is fresh, monotonic ns.
        var slots: [Slot: Int64] = [:]
        var streams: [StreamName: Slot] = [:]
    }

    /// Nanoseconds for which a slot is fresh: longer than a network holds packets back after an outage.
    private static let freshness: Int64 = 30_000_000_000

    private let limit: Int
    private let clock: any Clock
    private let state = Mutex(State())

    /// - Parameter limit: streams that are remembered.
    package init(limit: Int, clock: any Clock) {
        self.limit = max(1, limit)
        self.clock = clock
    }

    /// Takes input for these slots. Those that it takes already stay as they are.
    package func serve(_ slots: Set<Slot>) {
        let until = clock.monotonic + Self.freshness
        state.withLock { state in
            for slot in slots where state.slots[slot] == nil { state.slots[slot] = until }
        }
    }

    /// Whether input for the slot is taken.
    package func serves(_ slot: Slot) -> Bool { state.withLock { $0.slots[slot] != nil } }

    /// Notes that a packet of a stream came for a slot.
    ///
    /// - Parameter isHello: whether the packet greets.
    /// - Returns: false if it is not to be read here.
    package func note(_ stream: StreamName, in slot: Slot, isHello: Bool) -> Bool {
        let now = clock.monotonic
        return state.withLock { state in
            guard let freshUntil = state.slots[slot] else { return false }
            if state.streams[stream] == slot { return true }
            guard isHello || now >= freshUntil else { return false }
            if state.streams.count >= limit {
                // Those of fresh slots would have to greet again.
                state.streams = state.streams.filter { state.slots[$0.value].map { now < $0 } ?? false }
                if state.streams.count >= limit { state.streams = [:] }
            }
            state.streams[stream] = slot
            return true
        }
    }

    /// Streams of these slots.
    package func streams(of slots: Set<Slot>) -> [StreamName: Slot] {
        state.withLock { $0.streams.filter { slots.contains($0.value) } }
    }

    /// Takes no more input for these slots.
    ///
    /// - Returns: their streams.
    package func abandon(_ slots: Set<Slot>) -> [StreamName] {
        state.withLock { state in
            for slot in slots { state.slots[slot] = nil }
            let streams = state.streams.filter { slots.contains($0.value) }.map(\.key)
            for stream in streams { state.streams[stream] = nil }
            return streams
        }
    }
}
