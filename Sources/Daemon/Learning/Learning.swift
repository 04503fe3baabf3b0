import Dispatch
import DuctusAdaptation
import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import Logging
import Synchronization

/// Learning in the daemon: one `LearningService` per pipeline in the state directory, one training queue for all of them.
///
/// Guarantees
/// - No other daemon uses the same state directory: `init` throws before anything in it is touched.
/// - A state directory that cannot be written keeps nothing from being read; as soon as it can, corrections are taken.
/// - Nothing here waits on a lane's or the sockets' thread: what takes longer runs on `queue` or on the learner's thread.
package final class Learning: Sendable {
    private static let bucketLimit = 10_000
    /// Seconds between two looks at the stores, at memory that trainings freed, and at what is kept too long or held without use.
    private static let interval = (check: 5.0, heap: 60.0, housekeeping: 600.0)

    private struct State {
        var services: [String: LearningService] = [:]
        /// The card of each pipeline's base.
        var cards: [String: String] = [:]
        var settings: Configuration.AdaptationSettings
        var buckets: [String: TokenBucket] = [:]
    }

    private let directory: StateDirectory
    private let locations: Locations
    private let registry: PrometheusRegistry
    private let clock: any Clock
    private let logger: Logger
    private let canary: [LabelledSegment]
    private let training: TrainingQueue
    private let stores: LearningStores
    private let state: Mutex<State>
    /// Corrections and requests, one after another.
    let queue = DispatchQueue(label: "corrections")
    private let timers = Mutex<[any DispatchSourceTimer]>([])

    /// - Throws: `StateFault.busy` where another daemon keeps what it learns in the same place; `FileError` for a canary that cannot be
    ///   read.
    package init(
        _ settings: Configuration.AdaptationSettings, locations: Locations, registry: PrometheusRegistry,
        clock: any Clock, logger: Logger, stores: LearningStores? = nil
    ) throws {
        let directory = StateDirectory(locations.state)
        self.directory = directory
        self.stores = stores ?? .ofThisMachine(in: directory)
        do throws(StateFault) {
            try directory.hold()
        } catch .busy(let path) {
            throw StateFault.busy(path: path)
        } catch {
            // It is tried again and again, and told of as the stores' fault.
        }
        self.locations = locations
        self.registry = registry
        self.clock = clock
        self.logger = logger
        canary = try CanaryInk.lines(from: settings.canary).map(LabelledSegment.init)
        training = TrainingQueue(niceness: settings.niceness) { logger.info("\($0)") }
        state = Mutex(State(settings: settings))
    }

    // MARK: Pipelines

    /// The models of a pipeline, which learn.
    ///
    /// - Throws: `ModelError` for a model whose importance file cannot be used.
    package func makeStore(_ settings: PipelineSettings, _ model: Model) throws -> any ModelStore {
        // A file that cannot be used is told at the start, not hours later by the first training.
        _ = try model.importance()
        let adaptation = state.withLock { $0.settings }
        let folder = URL(filePath: locations.state).appending(path: "learning").appending(path: settings.name)
        let remark: @Sendable (String) -> Void = { [logger] in logger.error("\($0)") }
        let kept = folder.appending(path: "reservoir.sqlite")
        if !adaptation.reservoir { Reservoir.remove(at: kept) }
        let (journal, words) = stores.journal(settings.name, remark)
        let service = LearningService(
            settings.name, journal: journal,
            archive: stores.archive(settings.name, adaptation.generationsKept, remark),
            models: GenerationModels(base: BaseModel(model), capacity: adaptation.writersInMemory),
            reservoir: adaptation.reservoir ? Reservoir(at: kept, in: directory, remark: remark) : nil, words: words,
            canary: canary, settings: LearningSettings(adaptation), queue: training, clock: clock)
        // Learned weights serve from the first segment on.
        service.check()
        let path = locations.model(settings.model).map { URL(filePath: $0).appending(path: "README.md") }
        let card = path.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
        state.withLock { state in
            state.services[settings.name] = service
            state.cards[settings.name] = card
        }
        return service.models
    }

    /// The services of all pipelines that learn, by name.
    package var services: [LearningService] {
        state.withLock { $0.services.values.sorted { $0.pipeline < $1.pipeline } }
    }

    /// The card of a pipeline's base.
    func card(of pipeline: String) -> String { state.withLock { $0.cards[pipeline] ?? "" } }

    // MARK: Life

    /// Begins to learn: first what an earlier run of the daemon left undone.
    package func start() {
        forgetOld()
        training.start()
        for service in services { service.start() }
        timers.withLock { timers in
            timers = [
                timer(Self.interval.check) { $0.services.forEach { $0.check() } },
                // The allocator keeps what trainings freed: 340 MB in a daemon with thirty writers who learn.
                timer(Self.interval.heap) { _ in Heap.returnFreed() },
                timer(Self.interval.housekeeping) { learning in
                    for service in learning.services {
                        service.forgetOld()
                        service.models.dropUnused()
                    }
                },
            ]
        }
    }

    /// Slots of the cell came: what their writers taught serves from their next segment on, and what was left undone is learned.
    package func takeUp() {
        for service in services { service.refreshSoon() }
        queue.async { [self] in
            for service in services { service.takeUp() }
        }
    }

    private func timer(
        _ seconds: Double, _ body: @escaping @Sendable (Learning) -> Void
    ) -> any DispatchSourceTimer {
        let source = DispatchSource.makeTimerSource(queue: queue)
        source.schedule(deadline: .now() + seconds, repeating: seconds)
        source.setEventHandler { [weak self] in
            if let self { body(self) }
        }
        source.activate()
        return source
    }

    /// Ends the training that runs, if any; what it would have learned is learned after the next start.
    package func stop() {
        timers.withLock { timers in
            for timer in timers { timer.cancel() }
            timers = []
        }
        if !training.stop() { logger.warning("the learner did not end in time") }
    }

    /// Answers what was asked before, and leaves the journals as one file each. Nothing can be corrected afterwards.
    package func close() {
        queue.sync { for service in services { service.close() } }
        directory.release()
    }

    /// Takes changed settings into use; those that need a restart are as they were.
    package func change(to settings: Configuration.AdaptationSettings) {
        let perMinute = Double(settings.correctionsPerWriterMinute)
        state.withLock { state in
            state.settings = settings
            for writer in state.buckets.keys { state.buckets[writer]?.change(rate: perMinute / 60, burst: perMinute) }
        }
        for service in services {
            service.change(to: LearningSettings(settings))
            service.archive.keep(settings.generationsKept)
            service.models.hold(atMost: settings.writersInMemory)
        }
        queue.async { self.forgetOld() }
    }

    /// Erases what was kept for longer than the configuration says.
    package func forgetOld() { for service in services { service.forgetOld() } }

    // MARK: Finals and corrections

    /// Takes a final with what it was read from, on a lane's thread.
    package func finished(_ segment: FinishedSegment) {
        guard let service = state.withLock({ $0.services[segment.pipeline] }) else { return }
        if service.remember(segment) { queue.async { service.rehearse(segment) } }
    }

    /// Checks a correction and journals it. Runs on `queue`.
    ///
    /// - Parameter mayCorrect: Whether who asks may correct what this writer (nil: nobody by name) wrote.
    /// - Throws: `ControlFailure`, which says why it is refused.
    func correct(
        _ request: WireCorrectRequest, where mayCorrect: (_ writer: String?) -> Bool
    ) throws(ControlFailure) -> WireCorrectReply {
        do {
            let journaled = try journal(request, mayCorrect)
            count(journaled.state == .quarantined ? "quarantined" : "journaled")
            return .with {
                $0.correction = journaled.number
                $0.writer = journaled.correction.writer ?? ""
                $0.quarantined = journaled.state == .quarantined
            }
        } catch {
            count("\(error.code)".lowercased())
            throw error
        }
    }

    private func journal(
        _ request: WireCorrectRequest, _ mayCorrect: (String?) -> Bool
    ) throws(ControlFailure) -> JournaledCorrection {
        guard let stream = StreamName(request.stream) else {
            throw ControlFailure(.invalidArgument, "\"\(request.stream)\" is no name of a stream")
        }
        guard request.spans.isEmpty else {
            throw ControlFailure(
                .invalidArgument, "labels are corrected with a text",
                remedy: "write NAME@START-END, in seconds from the segment's begin")
        }
        let (service, segment) = try segment(request.segment, of: stream)
        guard mayCorrect(segment.writer) else {
            throw ControlFailure(
                .forbidden, "this client may not correct what '\(segment.writer ?? "")' wrote",
                remedy: "give its key the writer's prefix in the allow-list")
        }
        try admit(segment.writer ?? stream.text)
        do throws(CorrectionFault) {
            return try service.correct(segment, to: request.text)
        } catch {
            throw ControlFailure(error, segment: request.segment, stream: stream)
        }
    }

    private func segment(
        _ number: UInt64, of stream: StreamName
    ) throws(ControlFailure) -> (LearningService, ReadSegment) {
        var isTooOld = false
        for service in services {
            switch service.place(of: number, in: stream) {
            case .known(let segment): return (service, segment)
            case .tooOld: isTooOld = true
            case .unknown: break
            }
        }
        if isTooOld { throw ControlFailure(.forgotten, segment: number, stream: stream) }
        throw ControlFailure(
            .unknownSegment, "\(stream) has no final of segment \(number)",
            remedy: "take the number from a final; what was read before the daemon started is not kept")
    }

    /// - Throws: `ControlFailure` if this writer corrects too often.
    private func admit(_ writer: String) throws(ControlFailure) {
        let now = clock.monotonic
        let (isAdmitted, perMinute) = state.withLock { state in
            let perMinute = Double(state.settings.correctionsPerWriterMinute)
            // Writers come and go, too; forgetting all of them gives each a minute's worth at most.
            if state.buckets.count > Self.bucketLimit { state.buckets.removeAll() }
            var bucket = state.buckets[writer] ?? TokenBucket(rate: perMinute / 60, burst: perMinute, now: now)
            defer { state.buckets[writer] = bucket }
            return (bucket.take(1, now: now), perMinute)
        }
        guard isAdmitted else {
            throw ControlFailure(
                .rateLimited, "more than \(Int(perMinute)) corrections of \(writer) in a minute",
                remedy: "wait, or raise adaptation.corrections_per_writer_minute")
        }
    }

    private func count(_ outcome: String) {
        MetricCatalogue.corrections.counter(outcome, from: registry).increment()
    }
}

extension LearningSettings {
    init(_ settings: Configuration.AdaptationSettings) {
        self.init()
        leastGain = settings.leastGain
        canaryMargin = settings.canaryMargin
        threads = settings.threads
        retention = settings.journalRetention
    }
}

extension ControlFailure {
    fileprivate init(_ fault: CorrectionFault, segment: UInt64, stream: StreamName) {
        switch fault {
        case .forgotten:
            self.init(.segmentTooOld, "segment \(segment) of \(stream) is no longer kept", remedy: "correct sooner")
        case .refused(let refusal): self.init(refusal)
        case .unavailable(.notOwner(let reason)):
            self.init(
                .notOwner, reason, remedy: "write on: the pen's next segments are read, and can be corrected, there")
        case .unavailable(let error): self.init(.unavailable, "\(error)")
        case .internal(let reason): self.init(.internal, reason)
        }
    }

    private init(_ refusal: CorrectionRefusal) {
        switch refusal {
        case .empty, .noSpans: self.init(.invalidArgument, "\(refusal)")
        case .outsideAlphabet: self.init(.outsideAlphabet, "\(refusal)", remedy: "leave them out")
        case .implausible: self.init(.implausible, "\(refusal)", remedy: "correct the segment that says this")
        }
    }
}
