import DuctusDaemon
import Logging
import Synchronization
import Testing

@Suite struct WatchdogTests {
    private final class Beating: Pulse {
        let name: String
        private let count = Atomic<UInt64>(0)
        let beatsWhenNudged = Atomic<Bool>(true)
        var beats: UInt64 { count.load(ordering: .relaxed) }

        init(_ name: String) { self.name = name }

        func nudge() {
            if beatsWhenNudged.load(ordering: .relaxed) { count.add(1, ordering: .relaxed) }
        }
    }

    private final class Hand: Sendable {
        let now = Atomic<Int64>(0)
        func advance(seconds: Int64) { now.add(seconds * 1_000_000_000, ordering: .relaxed) }
    }

    @Test func aHungThread_stopsTheFeeding_andIsNamed_andMends() throws {
        let manager = try DatagramReceiver()
        let environment = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "8000000"]
        let (lane, socket, hand, health) = (Beating("lane-0"), Beating("socket"), Hand(), ServiceHealth())
        let watchdog = Watchdog(
            [lane, socket], environment: environment, notifier: ServiceNotifier(environment: environment),
            health: health,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { hand.now.load(ordering: .relaxed) })
        for _ in 0..<4 {
            watchdog.check()
            #expect(manager.receiveText() == "WATCHDOG=1")
            hand.advance(seconds: 2)
        }
        lane.beatsWhenNudged.store(false, ordering: .relaxed)
        watchdog.check()
        #expect(manager.receiveText() == "WATCHDOG=1", "the last nudge was still answered")
        hand.advance(seconds: 4)
        watchdog.check()
        #expect(manager.receiveText() == "WATCHDOG=1", "not yet out of patience")
        hand.advance(seconds: 2)
        watchdog.check()
        #expect(manager.receiveText() == "STATUS=hangs: lane-0")
        #expect(health.state.hung == ["lane-0"])
        lane.beatsWhenNudged.store(true, ordering: .relaxed)
        watchdog.check()
        hand.advance(seconds: 2)
        watchdog.check()
        #expect(manager.receiveText() == "WATCHDOG=1")
        #expect(health.state.hung == [])
    }

    @Test func aWatchdogMeantForAnotherProcess_isNotOurs() {
        #expect(Watchdog.patience(["WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "1"], process: 2) == nil)
        #expect(Watchdog.patience(["WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "2"], process: 2) == 8)
        #expect(Watchdog.patience(["WATCHDOG_USEC": "x"]) == nil)
        #expect(Watchdog.patience([:]) == nil)
    }
}
