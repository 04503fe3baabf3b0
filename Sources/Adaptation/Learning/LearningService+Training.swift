import DuctusStreaming

extension LearningService {
    public func train(_ scope: Scope, pause: () throws -> Void) {
        do {
            try trainOnce(scope, pause)
            state.withLock { _ = $0.failed.remove(scope) }
            if state.withLock({ $0.failed.isEmpty }) { note(nil, in: .archive) }
        } catch LearningError.cancelled {
            // Its corrections are learned from after the next start.
        } catch let error as GenerationError {
            noteFailure(error, of: scope)
        } catch let error as JournalError {
            note("\(error)", in: .journal)
            retryLater(scope)
        } catch {
            emit(.failed(scope, reason: "\(error)"))
        }
    }

    private func noteFailure(_ error: GenerationError, of scope: Scope) {
        switch error {
        case .overtaken:
            emit(.overtaken(scope))
            // Corrections that came during the training were not part of the decision, and stay pending.
            if let pending = try? journal.scopesWithPending(), pending.contains(scope) { queue.ask([scope], of: self) }
        case .unwritable, .noDirectory, .unavailable:
            note("\(error)", in: .archive)
            retryLater(scope)
        case .unknown, .damaged: emit(.failed(scope, reason: "\(error)"))
        }
    }

    private func trainOnce(_ scope: Scope, _ pause: () throws -> Void) throws {
        // Before the corrections: what is erased from now on is noticed.
        let interventions = try archive.interventions(in: scope)
        let corrections = try journal.corrections(of: scope, limit: rules.limit(of: scope))
        guard rules.suffices(corrections.map(\.isHeldOut)) else { return }
        let base = models.base
        let serving = try loaded(scope)
        let shared = try loaded(.shared)
        let isOfThisBase =
            shared.generation.number > 0
            && (try? archive.record(of: GenerationName(shared.generation)))?.baseHash == base.hash
        var input = Trial.Input(
            scope: scope, base: base, serving: serving.model,
            start: scope != .shared && isOfThisBase ? shared.model : base.model, corrections: corrections)
        input.anchors = try journal.heldOut(
            of: scope, before: corrections.first?.number ?? 0, limit: rules.anchors
        ).map(\.correction.labelled)
        if scope == .shared {
            let kept = try reservoir?.lines() ?? (rehearsal: [], canary: [])
            input.rehearsal = kept.rehearsal
            input.canary = canary(corrections) + kept.canary
        }
        let settings = settings
        input.threads = settings.threads
        let began = clock.monotonic
        let trial = try trainer(
            input, .plan(for: scope), Gate(leastGain: settings.leastGain, canaryMargin: settings.canaryMargin), pause)
        let attempt = Attempt(
            scope: scope, base: base, parent: GenerationName(serving.generation), corrections: corrections,
            interventions: interventions, seconds: Double(clock.monotonic - began) / 1e9)
        try conclude(trial, attempt)
        if trial.verdict.isPromoted { try reconsider(scope, pause: pause) }
    }

    /// The corrections of a training.
    private struct Attempt {
        var scope: Scope
        var base: BaseModel
        var parent: GenerationName
        var corrections: [JournaledCorrection]
        var interventions: Int
        var seconds: Double
    }

    private func conclude(_ trial: Trial, _ attempt: Attempt) throws {
        let scope = attempt.scope
        let numbers = attempt.corrections.map(\.number)
        var generation = attempt.parent
        if trial.verdict.isPromoted {
            generation = try archive.promote(
                GenerationCandidate(
                    scope: scope, parameters: trial.parameters, parent: attempt.parent,
                    corrections: attempt.corrections.filter { !$0.isHeldOut }.map(\.number),
                    figures: trial.verdict.figures, time: clock.unixMicroseconds),
                over: attempt.base, interventions: attempt.interventions
            ).name
            // Reading back what was written proves that it can be used.
            try load(scope)
        }
        // The shared scope learns from everyone's corrections; what became of one is for its writer's scope to say.
        if scope != .shared || attempt.corrections.allSatisfy({ $0.correction.writer == nil }) {
            try journal.mark(numbers, as: trial.verdict.isPromoted ? .learned : .rejected)
        }
        if scope == .shared, let last = numbers.last { try journal.markEveryone(upTo: last) }
        emit(
            .trial(
                TrialReport(
                    scope: scope, generation: generation, parent: attempt.parent, verdict: trial.verdict,
                    corrections: numbers.count, seconds: attempt.seconds)))
    }

    /// The canary of the shared weights, besides the reservoir: the operator's ink, or simulated ink. A sensor has
    /// none; held-out corrections of an earlier training take its place.
    private func canary(_ corrections: [JournaledCorrection]) -> [LabelledSegment] {
        models.base.model.input.learning.hasCanary
            ? canary : corrections.filter { $0.isHeldOut && $0.state == .learned }.map(\.correction.labelled)
    }
}
