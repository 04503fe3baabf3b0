import Foundation

/// A thread that runs one function and can be waited for.
final class PostingThread: Sendable {
    private let ended = DispatchSemaphore(value: 0)

    init(_ run: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [ended] in
            run()
            ended.signal()
        }
    }

    func join() { ended.wait() }
}
