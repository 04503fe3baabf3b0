import Dispatch
import DuctusDaemon
import Synchronization

/// The line that `systemctl status` shows: how many streams, and what does not work; and, as often, the faults that were not logged.
final class StatusLine: Sendable {
    private let server: Server
    private let health: ServiceHealth
    private let notifier: ServiceNotifier
    private let faults: FaultLog
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)
    private let latest = Mutex("")

    init(server: Server, health: ServiceHealth, notifier: ServiceNotifier, faults: FaultLog) {
        self.server = server
        self.health = health
        self.notifier = notifier
        self.faults = faults
    }

    var text: String {
        let streams = server.lanes.reduce(0) { $0 + $1.report.streams }
        return health.statusText(
            "reading \(streams) \(streams == 1 ? "stream" : "streams") on \(server.lanes.count) lanes")
    }

    /// Tells the manager whenever the line is another one.
    func run(every seconds: Double) {
        timer.withLock { timer in
            let source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "status"))
            source.schedule(deadline: .now() + seconds, repeating: seconds)
            source.setEventHandler { [self] in tellIfNew() }
            source.activate()
            timer = source
        }
    }

    func stop() {
        timer.withLock { timer in
            timer?.cancel()
            timer = nil
        }
    }

    private func tellIfNew() {
        faults.tellSuppressed()
        let text = text
        let isNew = latest.withLock { latest in
            defer { latest = text }
            return latest != text
        }
        if isNew { notifier.status(text) }
    }
}
