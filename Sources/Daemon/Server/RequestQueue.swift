import DuctusTransport
import Synchronization

/// A queue of costly requests, such as exports. It carries them out one at a time, and takes the clients in turn, so
/// that one client's requests do not delay the others.
///
/// Any thread may submit. The number of waiting requests is bounded, for one client and for all.
package final class RequestQueue: Sendable {
    /// Carries a request out and calls `done` once, then or later, on any thread.
    package typealias Work = @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

    private struct State {
        var waiting: [PeerIdentity: [Work]] = [:]
        /// The clients with requests waiting, each once. The first is next.
        var turns: [PeerIdentity] = []
        var count = 0
        var isBusy = false
    }

    private let perClient: Int
    private let total: Int
    private let state = Mutex(State())

    package init(perClient: Int = 8, total: Int = 64) {
        self.perClient = perClient
        self.total = total
    }

    /// - Returns: False if the client, or all together, have too much waiting.
    package func submit(from peer: PeerIdentity, _ work: @escaping Work) -> Bool {
        let isTaken = state.withLock { state in
            guard state.count < total, state.waiting[peer]?.count ?? 0 < perClient else { return false }
            if state.waiting[peer] == nil { state.turns.append(peer) }
            state.waiting[peer, default: []].append(work)
            state.count += 1
            return true
        }
        if isTaken { advance() }
        return isTaken
    }

    private func advance() {
        while let work = next() { work { [self] in finish() } }
    }

    private func next() -> Work? {
        state.withLock { state in
            guard !state.isBusy, !state.turns.isEmpty else { return nil }
            let peer = state.turns.removeFirst()
            guard var works = state.waiting[peer], !works.isEmpty else { return nil }
            let work = works.removeFirst()
            state.count -= 1
            if works.isEmpty {
                state.waiting[peer] = nil
            } else {
                state.waiting[peer] = works
                state.turns.append(peer)
            }
            state.isBusy = true
            return work
        }
    }

    private func finish() {
        state.withLock { $0.isBusy = false }
        advance()
    }
}
