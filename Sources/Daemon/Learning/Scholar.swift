import Adaptation
import Dispatch
import Foundation
import Ink
import Logging
import Metrics
import Streaming
import Synchronization
import Wire

/// The thread that trains: one scope after another, giving way to everything else.
///
/// Guarantees
/// - What serves is replaced only by what the gate let pass and what is on disk.
/// - After `stop` returns the thread is gone, or gone as soon as its present step is.
final class Scholar: Sendable {
    private struct Work {
        /// Ascending in the order of asking; a scope that waits is not asked for twice.
        var waiting: [Task] = []
        /// Corrections since the shared scope was last trained, by pipeline.
        var sinceShared: [String: Int] = [:]
        var isStopping = false
    }

    private struct Task {
        var scope: Scope
        var folder: LearningFolder
    }

    private let settings: Configuration.AdaptationSettings
    private let canary: [InkLine]
    private let events: EventPublisher
    private let registry: PrometheusRegistry
    private let clock: any Clock
    private let logger: Logger
    private let work = Mutex(Work())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isRunning = Atomic<Bool>(false)

    /// Below this there is nothing to train on and something to measure on.
    static let leastCorrections = 2
    /// Everyone's weights are trained anew after so many corrections: the canary takes its time.
    static let correctionsPerShared = 8
    /// The newest so many corrections of a scope are learned from.
    static let corrections = (writer: 64, shared: 256)

    init(
        _ settings: Configuration.AdaptationSettings, canary: [InkLine], events: EventPublisher, registry: PrometheusRegistry,
        clock: any Clock, logger: Logger
    ) {
        self.settings = settings
        self.canary = canary
        self.events = events
        self.registry = registry
        self.clock = clock
        self.logger = logger
    }

    func run() {
        isRunning.store(true, ordering: .releasing)
        let thread = Thread { self.loop() }
        thread.name = "learner"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func stop(within seconds: Double = 5) {
        guard isRunning.load(ordering: .acquiring) else { return }
        work.withLock { $0.isStopping = true }
        wake.signal()
        if ended.wait(timeout: .now() + seconds) == .timedOut { logger.warning("the learner did not end in time") }
    }

    /// A correction came: its scope is trained, and now and then everyone's.
    func learn(_ scope: Scope, in folder: LearningFolder) {
        work.withLock { work in
            Self.ask(scope, folder, &work)
            work.sinceShared[folder.pipeline, default: 0] += 1
            if work.sinceShared[folder.pipeline, default: 0] >= Self.correctionsPerShared {
                Self.ask(.shared, folder, &work)
            }
        }
        wake.signal()
    }

    /// Trains again what descends from another base than the shipped one.
    func learnAnew(_ folder: LearningFolder) {
        let outdated = folder.outdated
        work.withLock { work in
            for scope in outdated { Self.ask(scope, folder, &work) }
        }
        wake.signal()
    }

    private static func ask(_ scope: Scope, _ folder: LearningFolder, _ work: inout Work) {
        guard !work.waiting.contains(where: { $0.scope == scope && $0.folder === folder }) else { return }
        work.waiting.append(Task(scope: scope, folder: folder))
    }

    private var isStopping: Bool { work.withLock { $0.isStopping } }

    private func loop() {
        // On Linux this is the calling thread's niceness. A refusal, as by a system-call filter, costs nothing but speed.
        if setpriority(__priority_which_t(0), 0, Int32(settings.niceness)) != 0 {
            logger.info("the learner runs at normal priority", metadata: ["reason": "\(String(cString: strerror(errno)))"])
        }
        while !isStopping {
            guard let task = next() else {
                wake.wait()
                continue
            }
            do {
                try train(task.scope, in: task.folder)
            } catch LearningError.cancelled {
                break
            } catch {
                logger.error("nothing was learned", metadata: ["scope": "\(task.scope)", "reason": "\(error)"])
            }
        }
        ended.signal()
    }

    private func next() -> Task? {
        work.withLock { work in
            guard !work.waiting.isEmpty else { return nil }
            // A person waits for their own weights; everyone's can wait.
            let index = work.waiting.firstIndex { $0.scope != .shared } ?? 0
            let task = work.waiting.remove(at: index)
            if task.scope == .shared { work.sinceShared[task.folder.pipeline] = 0 }
            return task
        }
    }

    private func train(_ scope: Scope, in folder: LearningFolder) throws {
        let limit = scope == .shared ? Self.corrections.shared : Self.corrections.writer
        let corrections = try folder.journal.corrections(of: scope, limit: limit)
        guard corrections.count >= Self.leastCorrections, corrections.contains(where: { !$0.isHeldOut }),
            corrections.contains(where: \.isHeldOut)
        else { return }
        let base = folder.models.base
        let serving = try folder.serving(scope)
        let shared = try folder.serving(.shared)
        let isOfThisBase = (try? folder.store.record(of: GenerationName(shared.generation)))?.baseHash == base.hash
        var input = Trial.Input(
            scope: scope, base: base, serving: serving.model,
            start: scope != .shared && isOfThisBase ? shared.model : base.model, corrections: corrections)
        input.canary = canary
        let gate = Gate(leastGain: settings.leastGain, canaryMargin: settings.canaryMargin)
        let began = clock.monotonic
        let trial = try Trial.run(input, plan: .plan(for: scope), gate: gate) { [self] in isStopping }
        let seconds = Double(clock.monotonic - began) / 1e9
        try conclude(
            trial, Attempt(scope: scope, folder: folder, base: base, serving: serving, corrections: corrections, seconds: seconds))
    }

    /// A training run and what it was made of.
    private struct Attempt {
        var scope: Scope
        var folder: LearningFolder
        var base: BaseModel
        var serving: Served
        var corrections: [JournaledCorrection]
        var seconds: Double
    }

    private func conclude(_ trial: Trial, _ attempt: Attempt) throws {
        let (scope, folder) = (attempt.scope, attempt.folder)
        let numbers = attempt.corrections.map(\.number)
        var generation = attempt.serving.generation
        if trial.verdict.isPromoted {
            let record = try folder.store.promote(
                trial.parameters, over: attempt.base, scope: scope, parent: GenerationName(attempt.serving.generation),
                corrections: attempt.corrections.filter { !$0.isHeldOut }.map(\.number), figures: trial.verdict.figures,
                time: clock.unixMicroseconds)
            try folder.load(scope)
            generation = LabelEvent.Generation(record.name)
            if scope == .shared {
                MetricCatalogue.generation.gauge(folder.pipeline, from: registry).record(record.name.number)
            }
        }
        // The shared scope learns from everyone's corrections; what became of one is for its writer's scope to say.
        if scope != .shared || attempt.corrections.allSatisfy({ $0.correction.writer == nil }) {
            try folder.journal.mark(numbers, as: trial.verdict.isPromoted ? .learned : .rejected)
        }
        report(trial.verdict, attempt, generation)
    }

    private func report(_ verdict: GateVerdict, _ attempt: Attempt, _ generation: LabelEvent.Generation) {
        let figures = verdict.figures
        let outcome = verdict.isPromoted ? "promoted" : "rejected"
        let scope = attempt.scope == .shared ? "shared" : "writer"
        MetricCatalogue.trials.counter(scope, outcome, from: registry).increment()
        MetricCatalogue.trialDuration.timer(scope, from: registry).recordNanoseconds(Int64(attempt.seconds * 1e9))
        let trial = WireTrial.with {
            $0.generation = generation.wire
            $0.parent = attempt.serving.generation.wire
            $0.corrections = UInt32(clamping: attempt.corrections.count)
            $0.heldOutBefore = Float(figures.heldOutBefore.cer)
            $0.heldOutAfter = Float(figures.heldOutAfter.cer)
            if let before = figures.canaryBefore { $0.canaryBefore = Float(before.cer) }
            if let after = figures.canaryAfter { $0.canaryAfter = Float(after.cer) }
            if case .rejected(let reason, _) = verdict { $0.reason = "\(reason)" }
            $0.seconds = Float(attempt.seconds)
        }
        logger.notice(
            "\(outcome)",
            metadata: [
                "scope": "\(scope)", "generation": "\(GenerationName(generation))", "reason": "\(trial.reason)",
                "held_out": "\(figures.heldOutBefore.loss) -> \(figures.heldOutAfter.loss)", "seconds": "\(attempt.seconds)",
            ])
        events.publish(verdict.isPromoted ? .promotion(trial) : .rejection(trial))
    }
}
