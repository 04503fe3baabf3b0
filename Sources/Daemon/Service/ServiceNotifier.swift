import Glibc

/// Tells the service manager how the daemon is doing, by the protocol of sd_notify(3). Without a manager it does nothing.
package final class ServiceNotifier: Sendable {
    private let socket: DatagramSocket?

    /// - Parameter environment: `NOTIFY_SOCKET` names the manager's socket.
    package init(environment: [String: String]) {
        socket = environment["NOTIFY_SOCKET"].flatMap { DatagramSocket(path: $0) }
    }

    /// Started, or done with reloading.
    package func ready(status: String) { send(["READY=1", "STATUS=\(status)"]) }

    /// A reload begins. The time lets the manager tell it from an earlier one.
    package func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send(["RELOADING=1", "MONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)", "STATUS=reloading"])
    }

    package func stopping() { send(["STOPPING=1", "STATUS=finishing open segments"]) }

    /// The line that `systemctl status` shows.
    package func status(_ text: String) { send(["STATUS=\(text)"]) }

    package func feedWatchdog() { send(["WATCHDOG=1"]) }

    /// Start-up takes longer than usual: grants this many more seconds.
    package func extendTimeout(seconds: Int) { send(["EXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)"]) }

    private func send(_ assignments: [String]) {
        let text = assignments.map { $0.replacing("\n", with: " ") }.joined(separator: "\n")
        socket?.send(Array(text.utf8))
    }
}
