import DuctusDaemon
import Testing

@Suite struct ServiceNotifierTests {
    @Test func theManager_hearsEveryState() throws {
        let manager = try DatagramReceiver()
        let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.path])
        notifier.ready(status: "0 streams\nREADY=0")
        #expect(
            manager.receiveText() == "READY=1\nSTATUS=0 streams READY=0", "a status cannot smuggle in an assignment")
        notifier.reloading()
        let reloading = try #require(manager.receiveText()).split(separator: "\n")
        #expect(reloading[0] == "RELOADING=1")
        #expect(reloading[1].hasPrefix("MONOTONIC_USEC=") && Int(reloading[1].dropFirst(15)) ?? 0 > 0)
        notifier.stopping()
        #expect(manager.receiveText()?.hasPrefix("STOPPING=1\n") == true)
        notifier.feedWatchdog()
        #expect(manager.receiveText() == "WATCHDOG=1")
        notifier.extendTimeout(seconds: 5)
        #expect(manager.receiveText() == "EXTEND_TIMEOUT_USEC=5000000")
    }

    @Test func withoutAManager_nothingHappens() {
        ServiceNotifier(environment: [:]).ready(status: "x")
        ServiceNotifier(environment: ["NOTIFY_SOCKET": "relative"]).ready(status: "x")
        ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent"]).ready(status: "x")
    }
}
