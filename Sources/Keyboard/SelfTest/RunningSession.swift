import Foundation
import Synchronization

/// A keyboard on a thread of its own, for the test of itself: under another name than the one that may run already.
final class RunningSession: Sendable {
    private let failure = Mutex<(any Error)?>(nil)
    private let stopper = Mutex<(@Sendable () -> Void)?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    private static let engine = "ductus-self-test"

    init(_ settings: KeyboardSettings, daemon: DaemonAddress, environment: [String: String]) {
        let ready = DispatchSemaphore(value: 0)
        let thread = Thread { [self] in
            defer { ended.signal() }
            do {
                let session = try KeyboardSession(
                    settings, daemon: daemon, client: IBusClient(environment: environment), engine: Self.engine,
                    display: nil, guardian: nil
                ) { _ in }
                stopper.withLock { $0 = session.stopper }
                ready.signal()
                try session.run()
            } catch {
                failure.withLock { $0 = error }
                ready.signal()
            }
        }
        thread.start()
        ready.wait()
    }

    var fault: (any Error)? { failure.withLock { $0 } }

    /// Returns once the former engine is back.
    func stop() {
        guard
            let stop = stopper.withLock({ stopper in
                defer { stopper = nil }
                return stopper
            })
        else { return }
        stop()
        _ = ended.wait(timeout: .now() + 10)
    }
}
