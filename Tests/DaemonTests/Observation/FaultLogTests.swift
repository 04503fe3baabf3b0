import DuctusDaemon
import Logging
import Synchronization
import Testing

@Suite struct FaultLogTests {
    @Test func aFloodOfOneFault_isCutOff_andCounted_otherFaultsAreNot() {
        let lines = Mutex<[String]>([])
        let now = Atomic<Int64>(0)
        let logger = Logger(
            label: "x",
            factory: {
                TextLogHandler(label: $0, level: LogLevel(.info)) { line in lines.withLock { $0.append(line) } }
            })
        let log = FaultLog(logger: logger, perMinute: 2, now: { now.load(ordering: .relaxed) })
        for number in 0..<100 { log.report("malformed", "no. \(number)") }
        log.report("topic", "another")
        #expect(
            lines.withLock { $0 } == [
                "warning x: no. 0 fault=malformed\n", "warning x: no. 1 fault=malformed\n",
                "warning x: another fault=topic\n",
            ])
        lines.withLock { $0 = [] }
        now.store(60_000_000_000, ordering: .relaxed)
        log.report("malformed", "again")
        #expect(
            lines.withLock { $0 } == [
                "warning x: 98 more of the kind 'malformed' were not logged fault=malformed\n",
                "warning x: again fault=malformed\n",
            ])
    }

    @Test func whatWasNotLogged_isTold_onceItsMinuteIsOver_evenIfNoMoreCome() {
        let lines = Mutex<[String]>([])
        let now = Atomic<Int64>(0)
        let logger = Logger(
            label: "x",
            factory: {
                TextLogHandler(label: $0, level: LogLevel(.info)) { line in lines.withLock { $0.append(line) } }
            })
        let log = FaultLog(logger: logger, perMinute: 1, now: { now.load(ordering: .relaxed) })
        for _ in 0..<5 { log.report("malformed", "bad") }
        log.tellSuppressed()
        #expect(lines.withLock { $0.count } == 1)
        now.store(60_000_000_000, ordering: .relaxed)
        log.tellSuppressed()
        log.tellSuppressed()
        #expect(
            lines.withLock { $0 }.dropFirst() == [
                "warning x: 4 more of the kind 'malformed' were not logged fault=malformed\n"
            ])
    }
}
