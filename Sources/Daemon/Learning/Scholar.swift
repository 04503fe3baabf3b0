import Dispatch
import DuctusAdaptation
import DuctusFoundations
import DuctusStreaming
import DuctusWire
import Foundation
import Logging
import Metrics
import Synchronization

/// The thread that trains: one scope after another, giving way to everything else.
///
/// Guarantees
/// - What serves is replaced only by what the gate let pass and what is on disk.
/// - A rollback or an erasure that comes while a training runs is not undone by it.
/// - A person's correction does not wait for everyone's weights: their training is interrupted for it, at the next step.
/// - After `stop` returns the thread is gone, or gone as soon as its present step is.
final class Scholar: Sendable {
    private struct Work {
        var agenda = Agenda()
        var folders: [String: LearningFolder] = [:]
        var isStopping = false
    }

    private let settings: LearningSettings
    private let canary: [LabelledSegment]
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
        _ settings: LearningSettings, canary: [LabelledSegment], events: EventPublisher, registry: PrometheusRegistry,
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
    func learn(_ scope: Scope, in folder: LearningFolder) throws(JournalError) {
        let isSharedDue = try folder.journal.countNewToEveryone() >= Self.correctionsPerShared
        ask([scope] + (isSharedDue ? [.shared] : []), in: folder)
    }

    /// What was asked for a scope and has not begun is not trained.
    func withdraw(_ scope: Scope, of folder: LearningFolder) {
        work.withLock { $0.agenda.withdraw(.init(scope, in: folder.pipeline)) }
    }

    /// Trains again what descends from another base than the shipped one.
    func learnAnew(_ folder: LearningFolder) { ask(folder.outdated, in: folder) }

    private func ask(_ scopes: [Scope], in folder: LearningFolder) {
        work.withLock { work in
            work.folders[folder.pipeline] = folder
            for scope in scopes { work.agenda.ask(.init(scope, in: folder.pipeline)) }
        }
        wake.signal()
    }

    private var isStopping: Bool { work.withLock { $0.isStopping } }

    private func loop() {
        // On Linux this is the calling thread's niceness. A refusal, as by a system-call filter, costs nothing but speed.
        if setpriority(__priority_which_t(0), 0, Int32(settings.current.niceness)) != 0 {
            logger.info(
                "the learner runs at normal priority", metadata: ["reason": "\(String(cString: strerror(errno)))"])
        }
        while !isStopping {
            if let task = work.withLock({ $0.agenda.next() }) { carryOut(task) } else { wake.wait() }
        }
        ended.signal()
    }

    private func carryOut(_ task: Agenda.Task) {
        guard let folder = work.withLock({ $0.folders[task.pipeline] }) else { return }
        do {
            try train(task.scope, in: folder) {
                // One at a time, so that everyone's training gets on all the same.
                if let urgent = work.withLock({ $0.agenda.next(aheadOf: task) }) { carryOut(urgent) }
                if isStopping { throw LearningError.cancelled }
            }
        } catch LearningError.cancelled {
            // What it would have learned is learned after the next start.
        } catch {
            logger.error("nothing was learned", metadata: ["scope": "\(task.scope)", "reason": "\(error)"])
        }
    }

    private func train(_ scope: Scope, in folder: LearningFolder, pause: () throws -> Void) throws {
        let limit = scope == .shared ? Self.corrections.shared : Self.corrections.writer
        // Before the corrections: what is erased from now on is noticed.
        let interventions = folder.store.interventions(in: scope)
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
        if scope == .shared {
            let kept = try folder.reservoir?.lines() ?? (rehearsal: [], canary: [])
            input.rehearsal = kept.rehearsal
            input.canary = folder.canary(canary, corrections) + kept.canary
        }
        let settings = settings.current
        input.threads = settings.threads
        let gate = Gate(leastGain: settings.leastGain, canaryMargin: settings.canaryMargin)
        let began = clock.monotonic
        let trial = try Trial.run(input, plan: .plan(for: scope), gate: gate, pause: pause)
        let seconds = Double(clock.monotonic - began) / 1e9
        let attempt = Attempt(
            scope: scope, folder: folder, base: base, serving: serving, corrections: corrections,
            interventions: interventions,
            seconds: seconds)
        do {
            try conclude(trial, attempt)
        } catch let error as GenerationError {
            guard case .overtaken = error else { throw error }
            logger.notice("not promoted", metadata: ["scope": "\(scope)", "reason": "\(error)"])
        }
    }

    /// A training run and what it was made of.
    private struct Attempt {
        var scope: Scope
        var folder: LearningFolder
        var base: BaseModel
        var serving: Served
        var corrections: [JournaledCorrection]
        var interventions: Int
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
                time: clock.unixMicroseconds, interventions: attempt.interventions)
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
        if scope == .shared, let last = numbers.last { try folder.journal.markEveryone(upTo: last) }
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
            if case .writer(let writer) = attempt.scope { $0.writer = writer }
        }
        logger.notice(
            "\(outcome)",
            metadata: [
                "scope": "\(scope)", "generation": "\(GenerationName(generation))", "reason": "\(trial.reason)",
                "held_out": "\(figures.heldOutBefore.loss) -> \(figures.heldOutAfter.loss)",
                "seconds": "\(attempt.seconds)",
            ])
        events.publish(verdict.isPromoted ? .promotion(trial) : .rejection(trial))
    }
}
