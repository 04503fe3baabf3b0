import DuctusStreaming
import Foundation
import Synchronization

/// Threads that read ink once, beside the lanes: they give way to the pens, and take their clients in turn.
///
/// Guarantees
/// - Of several clients that ask at the same time, each has one piece of work done before any has a second.
/// - What waits is bounded, in all and for each client; what does not fit is refused at once.
package final class ReadingPool: Sendable {
    package typealias Work = @Sendable (Readers) -> Void

    fileprivate struct Item {
        var bytes: Int
        var work: Work
    }

    fileprivate struct Contents {
        /// The clients whose work waits, in the order of their turns; each stands here once.
        var turns: [String] = []
        var waiting: [String: [Item]] = [:]
        var count = 0
        var bytes: [String: Int] = [:]
        var allBytes = 0
        var isStopping = false
        var started = 0
    }

    private let contents = Mutex(Contents())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let threads: Int
    private let limit: Int
    private let limitPerClient: Int
    private let byteLimit: Int
    /// Above the lanes' 0, below the learner's 10: a pen that writes now goes first.
    private static let niceness: Int32 = 5

    /// - Parameters:
    ///   - threads: the number of threads, which start with the first work.
    ///   - limit: the number of pieces of work that may wait.
    ///   - byteLimit: the bytes of work that may wait; half of them for one client.
    package init(threads: Int, limit: Int = 512, limitPerClient: Int = 256, byteLimit: Int = 64 << 20) {
        self.threads = threads
        self.limit = limit
        self.limitPerClient = limitPerClient
        self.byteLimit = byteLimit
    }

    /// Lets `work` be done. False: too much waits already.
    ///
    /// - Parameter bytes: that the work keeps while it waits.
    package func post(for client: String, bytes: Int, _ work: @escaping Work) -> Bool {
        let (isTaken, mustStart) = contents.withLock { contents in
            guard !contents.isStopping, contents.count < limit,
                contents.waiting[client]?.count ?? 0 < limitPerClient, contents.allBytes + bytes <= byteLimit,
                (contents.bytes[client] ?? 0) + bytes <= byteLimit / 2
            else { return (false, false) }
            if contents.waiting[client] == nil { contents.turns.append(client) }
            contents.waiting[client, default: []].append(Item(bytes: bytes, work: work))
            contents.bytes[client, default: 0] += bytes
            contents.count += 1
            contents.allBytes += bytes
            let mustStart = contents.started < threads && contents.count > contents.started
            if mustStart { contents.started += 1 }
            return (true, mustStart)
        }
        if mustStart { begin() }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Work that waits.
    package var waitingCount: Int { contents.withLock { $0.count } }

    /// Gives up what waits; returns when what was begun is done.
    package func stop() {
        let started = contents.withLock { contents in
            contents.isStopping = true
            contents.waiting.removeAll()
            contents.bytes.removeAll()
            contents.allBytes = 0
            contents.turns.removeAll()
            contents.count = 0
            return contents.started
        }
        for _ in 0..<started { wake.signal() }
        ended.wait()
    }

    private func begin() {
        ended.enter()
        let thread = Thread { [self] in
            // 0, 0: this thread. A service that may not do so reads all the same.
            _ = setpriority(__priority_which_t(0), 0, Self.niceness)
            let readers = Readers()
            while true {
                wake.wait()
                let (work, isStopping) = contents.withLock { ($0.take(), $0.isStopping) }
                if let work { work(readers) } else if isStopping { break }
            }
            ended.leave()
        }
        thread.name = "reading"
        thread.stackSize = 1 << 20
        thread.start()
    }
}

extension ReadingPool.Contents {
    /// The next piece of work of whose turn it is; the client's next turn comes after all others'.
    fileprivate mutating func take() -> ReadingPool.Work? {
        guard !turns.isEmpty else { return nil }
        let client = turns.removeFirst()
        guard let item = waiting[client]?.removeFirst() else { return nil }
        if waiting[client]?.isEmpty == true {
            waiting[client] = nil
            bytes[client] = nil
        } else {
            bytes[client, default: 0] -= item.bytes
            turns.append(client)
        }
        count -= 1
        allBytes -= item.bytes
        return item.work
    }
}
