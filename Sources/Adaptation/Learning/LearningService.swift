import Dispatch
import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import Synchronization

/// Learns for one pipeline. It remembers segments that were read, takes corrections of them, trains on these, and puts
/// weights that passed the gate into use.
///
///     lanes → `remember` → memory ← correction → journal → `TrainingQueue` → gate → archive → models → lanes
///
/// For example:
///
///     let service = LearningService("ink", journal: journal, archive: archive, models: models, queue: queue, clock: clock)
///     service.start()
///     service.events.follow(on: queue) { publish($0) }
///
/// Guarantees
/// - A correction that `correct` returned is in the journal.
/// - Serving weights are replaced only by weights that passed the gate and are in the archive.
/// - A rollback or an erasure that comes while a training runs is not undone by it.
/// - A journal or an archive that fails stops nothing else. Each use tries it again, and `check` reports when it works
///   again.
///
/// Used from any thread. `remember` answers from memory; everything else may block on the stores.
public final class LearningService: Trainee {
    public let pipeline: String
    /// The store of the corrections.
    public let journal: any CorrectionJournal
    /// The store of the generations of weights.
    public let archive: any GenerationArchive
    /// The weights that serve, by writer.
    public let models: GenerationModels
    /// Confident finals, where the operator wants them kept.
    public let reservoir: Reservoir?
    /// Words that writers have corrected something to, where they are kept.
    public let words: (any WordStore)?
    /// The events, in order. For one consumer.
    public let events = Mailbox<LearningEvent>(limit: 4096)

    let queue: TrainingQueue
    let clock: any Clock
    let canary: [LabelledSegment]
    let rules = LearningRules()
    let trust = CorrectionTrust()
    let plausibility = CorrectionCheck()
    let trainer: Trainer
    let state = Mutex(State())
    /// Held while a correction is taken, a generation rolled back or something erased: one at a time.
    let changes = Mutex(())
    /// Held while what serves is taken from the archive, so that a later decision is never undone by an earlier one.
    let loading = Mutex(())
    /// Loads what lanes ask for.
    private let loads = DispatchQueue(label: "generations")

    /// Trains and measures; `Trial.run` but for tests, which decide what happens between two steps.
    public typealias Trainer = @Sendable (Trial.Input, LearningPlan, Gate, () throws -> Void) throws -> Trial

    struct State {
        var settings = LearningSettings()
        var memory = SegmentMemory()
        var review = ReviewRule()
        var isStarted = false
        /// Why the stores cannot be used at present, in an operator's words.
        var faults: [Store: String] = [:]
        var health: String?
        /// Scopes whose training failed for want of a store, and when it may be tried again, monotonic ns.
        var failed: Set<Scope> = []
        var nextTry: Int64 = 0
        /// Sources that were told of as distrusted.
        var distrusted: Set<CorrectionSource> = []
    }

    enum Store: Comparable { case journal, archive }

    /// Seconds between two tries of a training that failed for want of a store.
    private static let retryInterval = 30.0

    /// - Parameters:
    ///   - canary: lines that the shared weights must not read worse.
    ///   - queue: trains for several services, one after another.
    public init(
        _ pipeline: String, journal: any CorrectionJournal, archive: any GenerationArchive, models: GenerationModels,
        reservoir: Reservoir? = nil, words: (any WordStore)? = nil, canary: [LabelledSegment] = [],
        settings: LearningSettings = LearningSettings(),
        queue: TrainingQueue, clock: any Clock,
        trainer: @escaping Trainer = { try Trial.run($0, plan: $1, gate: $2, pause: $3) }
    ) {
        self.pipeline = pipeline
        self.journal = journal
        self.archive = archive
        self.models = models
        self.reservoir = reservoir
        self.words = words
        self.canary = canary
        self.queue = queue
        self.clock = clock
        self.trainer = trainer
        state.withLock { $0.settings = settings }
    }

    // MARK: Life

    /// Puts what was learned into use, and asks for what an earlier run left undone.
    public func start() {
        check()
        models.requests.follow(on: loads) { [weak self] in self?.takeRequests() }
    }

    /// Closes the stores. Stop the queue before.
    public func close() {
        journal.close()
        reservoir?.close()
    }

    /// Replaces the settings; a training that runs keeps those it began with.
    public func change(to settings: LearningSettings) { state.withLock { $0.settings = settings } }

    /// The settings in force.
    public var settings: LearningSettings { state.withLock { $0.settings } }

    /// Looks whether the stores work, and brings what serves up to date with the archive. Call it every few seconds.
    public func check() {
        note(journal.fault().map { "\($0)" }, in: .journal)
        do throws(GenerationError) {
            try refresh()
            // If a training could not keep its weights, only another training shows whether the archive works again.
            if state.withLock({ $0.failed.isEmpty }) { note(nil, in: .archive) }
        } catch {
            note("\(error)", in: .archive)
        }
        guard state.withLock({ $0.faults[.journal] == nil }) else { return }
        if !state.withLock({ $0.isStarted }) { resume() }
        let retried = state.withLock { state -> Set<Scope> in
            guard clock.monotonic >= state.nextTry else { return [] }
            return state.failed
        }
        queue.ask(retried.sorted { "\($0)" < "\($1)" }, of: self)
    }

    /// Brings the serving weights up to date with the archive soon, on a thread of its own: ahead of corrections that wait.
    public func refreshSoon() {
        loads.async { [self] in
            do throws(GenerationError) { try refresh() } catch { note("\(error)", in: .archive) }
        }
    }

    /// Brings the serving weights up to date with the stores, and asks for trainings that another daemon left, after
    /// scopes came from it.
    public func takeUp() {
        check()
        resume()
    }

    /// Asks for what an earlier run, or an earlier base, left to be learned.
    private func resume() {
        do {
            try loadWords()
            queue.ask(try outdated(), of: self)
            for scope in try journal.scopesWithPending() { try ask(for: scope) }
            state.withLock { $0.isStarted = true }
        } catch {
            emit(.failed(.shared, reason: "\(error)"))
        }
    }

    /// Erases what was kept for longer than the settings say.
    public func forgetOld() {
        let limit = clock.unixMicroseconds - Int64(settings.retention * 1e6)
        do throws(JournalError) {
            try journal.erase(before: limit)
            try reservoir?.erase(before: limit)
            try words?.forgetWords(before: limit)
        } catch {
            note("\(error)", in: .journal)
        }
    }

    // MARK: What is told

    func emit(_ event: LearningEvent) { events.put(event) }

    /// Notes why a store does not work, or that it does.
    func note(_ fault: String?, in store: Store) {
        let health = state.withLock { state -> String?? in
            state.faults[store] = fault
            let health = state.faults.min { $0.key < $1.key }?.value
            guard health != state.health else { return nil }
            state.health = health
            return .some(health)
        }
        if let health { emit(.health(health)) }
    }

    /// Notes that a training could not be carried out; it is tried again later.
    func retryLater(_ scope: Scope) {
        state.withLock { state in
            state.failed.insert(scope)
            state.nextTry = clock.monotonic + Int64(Self.retryInterval * 1e9)
        }
    }

    /// Why the stores cannot be used at present; nil where they can.
    public var health: String? { state.withLock { $0.health } }
}
