import Dispatch
import Foundation
import Synchronization

/// Trains one scope after another, on a thread that gives way to everything else.
///
/// Guarantees
/// - A person's correction does not wait for everyone's weights: their training is interrupted for it, at its next pause.
/// - After `stop` returns true the thread is gone.
///
/// A test calls `runNext` instead of `start`, and so decides when a training begins.
public final class TrainingQueue: Sendable {
    private struct Work {
        var agenda = TrainingAgenda()
        var trainees: [String: any Trainee] = [:]
        var isStopping = false
    }

    private let niceness: Int32
    private let remark: @Sendable (String) -> Void
    private let work = Mutex(Work())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isRunning = Atomic<Bool>(false)

    /// - Parameters:
    ///   - niceness: the nice value of the thread, 0…19.
    ///   - remark: called with messages for an operator.
    public init(niceness: Int = 10, remark: @escaping @Sendable (String) -> Void = { _ in }) {
        self.niceness = Int32(clamping: niceness)
        self.remark = remark
    }

    /// Begins to carry out what was asked for.
    public func start() {
        isRunning.store(true, ordering: .releasing)
        let thread = Thread { self.loop() }
        thread.name = "learner"
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Ends the training that runs, if any, and the thread. Its corrections are learned from after the next start.
    ///
    /// - Returns: false if the thread still works on its present step after this number of seconds.
    @discardableResult
    public func stop(within seconds: Double = 5) -> Bool {
        work.withLock { $0.isStopping = true }
        if isRunning.load(ordering: .acquiring) {
            wake.signal()
            guard ended.wait(timeout: .now() + seconds) == .success else { return false }
            isRunning.store(false, ordering: .releasing)
        }
        work.withLock { $0.trainees = [:] }
        return true
    }

    /// Asks for the training of scopes.
    public func ask(_ scopes: [Scope], of trainee: any Trainee) {
        guard !scopes.isEmpty else { return }
        work.withLock { work in
            work.trainees[trainee.pipeline] = trainee
            for scope in scopes { work.agenda.ask(.init(scope, in: trainee.pipeline)) }
        }
        wake.signal()
    }

    /// A training of the scope that was asked for and has not begun is not carried out.
    public func withdraw(_ scope: Scope, of trainee: any Trainee) {
        work.withLock { $0.agenda.withdraw(.init(scope, in: trainee.pipeline)) }
    }

    /// Carries out the next training on the calling thread.
    ///
    /// - Returns: false if there is none.
    @discardableResult
    public func runNext() -> Bool {
        guard let task = work.withLock({ $0.isStopping ? nil : $0.agenda.next() }) else { return false }
        carryOut(task)
        return true
    }

    private var isStopping: Bool { work.withLock { $0.isStopping } }

    private func loop() {
        // On Linux this is the calling thread's niceness.
        if setpriority(__priority_which_t(0), 0, niceness) != 0 {
            remark("the learner runs at normal priority: \(String(cString: strerror(errno)))")
        }
        while !isStopping {
            if !runNext() { wake.wait() }
        }
        ended.signal()
    }

    private func carryOut(_ task: TrainingAgenda.Task) {
        guard let trainee = work.withLock({ $0.trainees[task.pipeline] }) else { return }
        trainee.train(task.scope) {
            // One at a time, so that everyone's training gets on all the same.
            if let urgent = work.withLock({ $0.agenda.next(aheadOf: task) }) { carryOut(urgent) }
            if isStopping { throw LearningError.cancelled }
        }
    }
}
