import Synchronization

/// Messages on their way from any thread to the one that owns the sockets. Bounded, by count and by bytes; what does not
/// fit is refused and counted.
final class Outbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var bytes = 0
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

    /// - Parameters:
    ///   - size: The bytes of the item.
    ///   - matters: Whether the message may fill the box. Others may fill only three quarters of it.
    func post(_ item: Item, size: Int, matters: Bool) -> Bool {
        let (accepted, wasEmpty) = state.withLock { state in
            let countLimit = matters ? maximumCount : maximumCount / 4 * 3
            let byteLimit = matters ? maximumBytes : maximumBytes / 4 * 3
            guard state.items.count < countLimit, size <= byteLimit - state.bytes else { return (false, false) }
            let wasEmpty = state.items.isEmpty
            state.items.append(item)
            state.bytes += size
            return (true, wasEmpty)
        }
        if !accepted { refused.add(1, ordering: .relaxed) }
        if wasEmpty { signal.raise() }
        return accepted
    }

    /// Takes everything there is; `items` comes back as the (empty) next box, so that both are used again.
    func drain(into items: inout [Item]) {
        items.removeAll(keepingCapacity: true)
        state.withLock { state in
            swap(&state.items, &items)
            state.bytes = 0
        }
    }

    var count: Int { state.withLock { $0.items.count } }
}
