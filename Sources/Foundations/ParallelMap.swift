import Synchronization

/// Transforms every element on up to `threads` threads at once; the results are in the order of the elements.
///
/// Elements are taken one by one, so their cost may differ.
public func parallelMap<Element: Sendable, Result: Sendable>(
    _ elements: [Element], threads: Int, _ transform: @Sendable (Element) -> Result
) -> [Result] {
    parallelMap(elements, threads: threads, makeContext: {}) { _, element in transform(element) }
}

/// The same with a context for each thread (scratch memory, say), which is made once and reused for each of its
/// elements.
public func parallelMap<Element: Sendable, Context, Result: Sendable>(
    _ elements: [Element], threads: Int, makeContext: @Sendable () -> Context,
    _ transform: @Sendable (inout Context, Element) -> Result
) -> [Result] {
    guard threads > 1, elements.count > 1 else {
        var context = makeContext()
        return elements.map { transform(&context, $0) }
    }
    let next = Atomic(0)
    let results = Mutex([Result?](repeating: nil, count: elements.count))
    let workers = min(threads, elements.count)
    performConcurrently(iterations: workers, threads: workers) { _ in
        var context = makeContext()
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < elements.count else { return }
            let result = transform(&context, elements[index])
            results.withLock { $0[index] = result }
        }
    }
    return results.withLock { $0.map { $0! } }
}
