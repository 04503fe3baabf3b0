import Dispatch
import Synchronization

/// Elements on their way from any thread to one follower, in order. Until there is a follower they wait.
public final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [Element] = []
        var follower: Follower?
        var isScheduled = false
    }

    private struct Follower {
        var queue: DispatchQueue
        var body: @Sendable (Element) -> Void
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: elements that wait at most; the oldest give way.
    public init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Adds an element, and wakes the thread that waits for one.
    public func put(_ element: Element) {
        state.withLock { state in
            if state.waiting.count >= limit { state.waiting.removeFirst(state.waiting.count - limit + 1) }
            state.waiting.append(element)
            schedule(&state)
        }
    }

    /// Takes everything that waits.
    public func take() -> [Element] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// Calls `body` with each element on `queue`, a serial one: first with those that wait.
    public func follow(on queue: DispatchQueue, _ body: @escaping @Sendable (Element) -> Void) {
        state.withLock { state in
            state.follower = Follower(queue: queue, body: body)
            schedule(&state)
        }
    }

    private func schedule(_ state: inout State) {
        guard let follower = state.follower, !state.waiting.isEmpty, !state.isScheduled else { return }
        state.isScheduled = true
        follower.queue.async { [self] in
            self.state.withLock { $0.isScheduled = false }
            for element in take() { follower.body(element) }
        }
    }
}
