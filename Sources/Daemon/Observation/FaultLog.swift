import Logging
import Synchronization

/// Logs faults that may come by the thousand, such as malformed messages: of each kind only so many in a minute, then one entry
/// that tells how many there were. Any thread may report.
package final class FaultLog: Sendable {
    private struct Tally {
        var windowStart: Int64
        var written = 0
        var suppressed = 0
    }

    private static let window: Int64 = 60_000_000_000
    /// Kinds are named by the program, never by a client; the bound is a belt beside the braces.
    private static let largestCount = 256

    private let logger: Logger
    private let perMinute: Int
    private let now: @Sendable () -> Int64
    private let tallies = Mutex<[String: Tally]>([:])

    /// - Parameter now: Monotonic nanoseconds.
    package init(logger: Logger, perMinute: Int, now: @escaping @Sendable () -> Int64) {
        self.logger = logger
        self.perMinute = perMinute
        self.now = now
    }

    /// - Parameter kind: What is counted together, for example `malformed`.
    package func report(
        _ kind: String, level: Logger.Level = .warning, _ message: @autoclosure () -> Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        let time = now()
        let (isWritten, suppressed) = tallies.withLock { tallies -> (Bool, Int) in
            if tallies[kind] == nil, tallies.count >= Self.largestCount { return (false, 0) }
            var tally = tallies[kind] ?? Tally(windowStart: time)
            defer { tallies[kind] = tally }
            var suppressed = 0
            if time - tally.windowStart >= Self.window {
                suppressed = tally.suppressed
                tally = Tally(windowStart: time)
            }
            guard tally.written < perMinute else {
                tally.suppressed += 1
                return (false, 0)
            }
            tally.written += 1
            return (true, suppressed)
        }
        guard isWritten else { return }
        var fields = metadata()
        fields["fault"] = "\(kind)"
        if suppressed > 0 { tell(suppressed, of: kind) }
        logger.log(level: level, message(), metadata: fields)
    }

    /// Tells how many were not logged, of each kind whose minute is over. To be called now and then.
    package func tellSuppressed() {
        let time = now()
        let over = tallies.withLock { tallies in
            let over = tallies.filter { time - $0.value.windowStart >= Self.window }
            for kind in over.keys { tallies[kind] = nil }
            return over
        }
        for (kind, tally) in over.sorted(by: { $0.key < $1.key }) where tally.suppressed > 0 {
            tell(tally.suppressed, of: kind)
        }
    }

    private func tell(_ suppressed: Int, of kind: String) {
        logger.warning("\(suppressed) more of the kind '\(kind)' were not logged", metadata: ["fault": "\(kind)"])
    }
}
