import Foundation

/// Makes items on one thread, works on them on several, and hands over the results on the caller's thread, in the order of the items.
///
/// Only a few items per thread are under way at any time, so memory is bounded. A result is handed over as soon as all
/// results before it are, even while the next item is not there yet.
///
/// - Parameters:
///   - produce: calls its argument with one item after the other, and stops where that returns false.
///   - makeContext: what a thread keeps from item to item (scratch memory, say).
///   - deliver: called with each result. An error that it throws ends the work.
/// - Throws: the error of `deliver`, or else that of `produce`.
public func processInOrder<Item: Sendable, Context, Output: Sendable>(
    threads: Int, produce: @escaping @Sendable ((Item) -> Bool) throws -> Void,
    makeContext: @escaping @Sendable () -> Context,
    transform: @escaping @Sendable (inout Context, Item) -> Output, deliver: (Output) throws -> Void
) throws {
    let work = OrderedWork<Item, Output>(capacity: 4 * max(1, threads))
    start {
        do {
            try produce { work.submit($0) }
            work.end(nil)
        } catch {
            work.end(error)
        }
    }
    for _ in 0..<max(1, threads) {
        start {
            var context = makeContext()
            while let (number, item) = work.next() { work.finish(number, transform(&context, item)) }
        }
    }
    // Threads that still wait for a pipe when the work ends early are left to the end of the program.
    defer { work.cancel() }
    while let output = try work.take() { try deliver(output) }
}

private func start(_ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    // The stack is as large as the main thread's, because formats are read recursively.
    thread.stackSize = 8 << 20
    thread.start()
}

/// The items and results of `processInOrder`. Unchecked, because all is guarded by the condition.
private final class OrderedWork<Item: Sendable, Output: Sendable>: @unchecked Sendable {
    private let capacity: Int
    private let condition = NSCondition()
    private var waiting: [(Int, Item)] = []
    private var results: [Int: Output] = [:]
    private var submitted = 0
    private var delivered = 0
    private var isOver = false
    private var isCancelled = false
    private var fault: (any Error)?

    init(capacity: Int) { self.capacity = capacity }

    func submit(_ item: Item) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while submitted - delivered >= capacity, !isCancelled { condition.wait() }
        guard !isCancelled else { return false }
        waiting.append((submitted, item))
        submitted += 1
        condition.broadcast()
        return true
    }

    /// No more items will come.
    func end(_ fault: (any Error)?) {
        condition.lock()
        defer { condition.unlock() }
        self.fault = fault
        isOver = true
        condition.broadcast()
    }

    func cancel() {
        condition.lock()
        defer { condition.unlock() }
        isCancelled = true
        condition.broadcast()
    }

    /// The next item to work on; nil once there will be none.
    func next() -> (Int, Item)? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty, !isOver, !isCancelled { condition.wait() }
        return isCancelled || waiting.isEmpty ? nil : waiting.removeFirst()
    }

    func finish(_ number: Int, _ output: Output) {
        condition.lock()
        defer { condition.unlock() }
        results[number] = output
        condition.broadcast()
    }

    /// The next result in order; nil once all were taken.
    func take() throws -> Output? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let output = results.removeValue(forKey: delivered) {
                delivered += 1
                condition.broadcast()
                return output
            }
            if isOver, delivered == submitted {
                if let fault { throw fault }
                return nil
            }
            condition.wait()
        }
    }
}
