import DuctusStreaming
import Synchronization

/// The slots that this daemon of a cell reads, and which streams came for each.
///
/// Any thread may ask. Streams of which no packet has come for long are forgotten with all others of the roster, and are known again with
/// their next packet.
package final class SlotRoster: Sendable {
    private struct State {
        var slots: Set<Slot> = []
        var streams: [StreamName: Slot] = [:]
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: streams that are remembered.
    package init(limit: Int) { self.limit = max(1, limit) }

    package func serve(_ slots: Set<Slot>) { state.withLock { $0.slots.formUnion(slots) } }

    /// Notes that a packet of a stream came for a slot.
    ///
    /// - Returns: false if the slot is not read here.
    package func note(_ stream: StreamName, in slot: Slot) -> Bool {
        state.withLock { state in
            guard state.slots.contains(slot) else { return false }
            if state.streams[stream] != slot {
                if state.streams.count >= limit { state.streams = [:] }
                state.streams[stream] = slot
            }
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
            state.slots.subtract(slots)
            let streams = state.streams.filter { slots.contains($0.value) }.map(\.key)
            for stream in streams { state.streams[stream] = nil }
            return streams
        }
    }
}
