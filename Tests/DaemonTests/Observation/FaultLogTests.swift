import DuctusDaemon
import Logging
import Synchronization
import Testing

@Suite struct FaultLogTests {
    private let written = Written()
    private let now = Instant()

    private final class Written: Sendable {
        let lines = Mutex<[String]>([])
    }

    private final class Instant: Sendable {
        let nanoseconds = Atomic<Int64>(0)
    }

    private func log(perMinute: Int) -> FaultLog {
        let logger = Logger(
            label: "x",
            factory: { [written] in
                TextLogHandler(label: $0, level: LogLevel(.info)) { line in written.lines.withLock { $0.append(line) } }
            })
        return FaultLog(
            logger: logger, perMinute: perMinute, now: { [now] in now.nanoseconds.load(ordering: .relaxed) })
    }

    @Test func aFloodOfOneFault_isCutOff_andCounted_otherFaultsAreNot() {
        let log = log(perMinute: 2)
        for number in 0..<100 { log.report("malformed", "no. \(number)") }
        log.report("topic", "another")
        #expect(
            written.lines.withLock { $0 } == [
                "warning x: no. 0 fault=malformed\n", "warning x: no. 1 fault=malformed\n",
                "warning x: another fault=topic\n",
            ])
        written.lines.withLock { $0 = [] }
        now.nanoseconds.store(60_000_000_000, ordering: .relaxed)
        log.report("malformed", "again")
        #expect(
            written.lines.withLock { $0 } == [
                "warning x: 98 more of the kind 'malformed' were not logged fault=malformed\n",
                "warning x: again fault=malformed\n",
            ])
    }

    @Test func whatWasNotLogged_isTold_onceItsMinuteIsOver_evenIfNoMoreCome() {
        let log = log(perMinute: 1)
        for _ in 0..<5 { log.report("malformed", "bad") }
        log.tellSuppressed()
        #expect(written.lines.withLock { $0.count } == 1)
        now.nanoseconds.store(60_000_000_000, ordering: .relaxed)
        log.tellSuppressed()
        log.tellSuppressed()
        #expect(
            written.lines.withLock { $0 }.dropFirst() == [
                "warning x: 4 more of the kind 'malformed' were not logged fault=malformed\n"
            ])
    }
}
