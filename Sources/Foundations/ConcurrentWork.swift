import Glibc
import Synchronization

/// Calls `body` with 0 ..< `iterations`, on up to `threads` threads: the caller's, and others that live as long as the call.
///
/// Unlike those of the system's pool, the others are scheduled as their maker is: work that gives way gives way as a whole.
public func performConcurrently(iterations: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        let work = ConcurrentWork(iterations: iterations, body)
        var others: [pthread_t] = []
        for _ in 1..<max(1, min(threads, iterations)) {
            let share = Unmanaged.passRetained(work)
            var other = pthread_t()
            let code = pthread_create(
                &other, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<ConcurrentWork>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, share.toOpaque())
            guard code == 0 else {
                // The threads that were started do the rest.
                share.release()
                break
            }
            others.append(other)
        }
        work.run()
        for other in others { pthread_join(other, nil) }
    }
}

/// Iterations that several threads take one by one.
private final class ConcurrentWork: Sendable {
    private let iterations: Int
    private let body: @Sendable (Int) -> Void
    private let next = Atomic(0)

    init(iterations: Int, _ body: @escaping @Sendable (Int) -> Void) {
        self.iterations = iterations
        self.body = body
    }

    func run() {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < iterations else { return }
            body(index)
        }
    }
}
