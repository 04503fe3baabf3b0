import Synchronization

/// The labels of one stream, in order, for one consumer.
///
///     for await label in pen.labels { print(label.isFinal, label.text) }
///
/// A partial label that was not taken before the next label of its line came is replaced by it; finals are all kept. The sequence ends after
/// the last final of a stream that was finished.
public struct Labels: AsyncSequence, Sendable {
    /// A label of the stream.
    public typealias Element = Label
    /// The sequence ends; it does not fail.
    public typealias Failure = Never

    let queue: LabelQueue

    public func makeAsyncIterator() -> Iterator { Iterator(queue: queue, signals: queue.signals.makeAsyncIterator()) }

    /// The place of one reader of the labels.
    public struct Iterator: AsyncIteratorProtocol {
        let queue: LabelQueue
        var signals: AsyncStream<Void>.Iterator

        /// The next label; nil after the last, and where the task was cancelled.
        public mutating func next() async -> Label? {
            while true {
                if let label = queue.takeFirst() { return label }
                guard await signals.next() != nil else { return queue.takeFirst() }
            }
        }
    }
}

/// Labels that wait for their consumer. At most one partial of each line waits.
final class LabelQueue: Sendable {
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let waiting = Mutex<[Label]>([])

    init() {
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ label: Label) {
        waiting.withLock { waiting in
            if let last = waiting.last, !last.isFinal, last.line == label.line {
                waiting[waiting.count - 1] = label.replacing(last)
            } else {
                waiting.append(label)
            }
        }
        signal.yield()
    }

    func takeFirst() -> Label? {
        waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    func takeAll() -> [Label] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }

    /// No label comes any more.
    func close() { signal.finish() }
}
