import Synchronization

/// Messages on their way from any thread to the one that owns the sockets. Bounded, by count and by bytes; what does not
/// fit is refused and counted.
final class Outbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var bytes = 0
        /// The owner was not woken since the box was empty.
        var isUnannounced = false
    }

    private let state = Mutex(State())
    private let maximumCount: Int
    private let maximumBytes: Int
    private let signal: Signal
    let refused = Atomic<UInt64>(0)

    init(maximumCount: Int, maximumBytes: Int, signal: Signal) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
        self.signal = signal
    }

    /// Takes an item. Its owner learns of it by the next `flush`.
    ///
    /// - Parameters:
    ///   - size: The bytes of the item.
    ///   - matters: Whether the message may fill the box. Others may fill only three quarters of it.
    func post(_ item: Item, size: Int, matters: Bool) -> Bool {
        let accepted = state.withLock { state in
            let countLimit = matters ? maximumCount : maximumCount / 4 * 3
            let byteLimit = matters ? maximumBytes : maximumBytes / 4 * 3
            guard state.items.count < countLimit, size <= byteLimit - state.bytes else { return false }
            if state.items.isEmpty { state.isUnannounced = true }
            state.items.append(item)
            state.bytes += size
            return true
        }
        if !accepted { refused.add(1, ordering: .relaxed) }
        return accepted
    }

    /// Wakes the owner, if it was not since the box was empty.
    func flush() {
        let isNews = state.withLock { state in
            defer { state.isUnannounced = false }
            return state.isUnannounced
        }
        if isNews { signal.raise() }
    }

    /// Takes everything there is; `items` comes back as the (empty) next box, so that both are used again.
    func drain(into items: inout [Item]) {
        items.removeAll(keepingCapacity: true)
        state.withLock { state in
            swap(&state.items, &items)
            state.bytes = 0
            state.isUnannounced = false
        }
    }

    var count: Int { state.withLock { $0.items.count } }
}
