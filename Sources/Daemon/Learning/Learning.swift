import DuctusAdaptation
import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import Logging
import Metrics
import Synchronization

/// Learning in the daemon: keeps what was read, takes corrections, trains beside the lanes, publishes what came of it.
///
///     lanes → `finished` → memory ← correction → journal → `Scholar` (its own thread) → gate → generation → lanes
///
/// Guarantees
/// - A correction is answered only once it is in the journal.
/// - Nothing here waits on a lane's or the sockets' thread: what takes longer runs on this part's queue or on the learner's thread.
package final class Learning: Sendable {
    private static let bucketLimit = 10_000

    private struct State {
        var folders: [String: LearningFolder] = [:]
        var memory = SegmentMemory()
        var review = ReviewRule()
        var buckets: [String: TokenBucket] = [:]
        var publish: (@Sendable (Topic, [UInt8]) -> Void)?
    }

    private let settings: LearningSettings
    private let locations: Locations
    private let events: EventPublisher
    private let registry: PrometheusRegistry
    private let clock: any Clock
    private let logger: Logger
    private let scholar: Scholar
    private let check = CorrectionCheck()
    private let state = Mutex(State())
    /// Corrections and requests, one after another.
    let queue = DispatchQueue(label: "corrections")
    private let housekeeping = Mutex<(any DispatchSourceTimer)?>(nil)

    /// Seconds between two looks for what is kept too long.
    private static let housekeepingInterval = 3600.0
    /// Finals that are at least as likely wholly right go into the reservoir, if there is one.
    static let confident: Float = 0.8

    /// - Throws: `FileError` for a canary that cannot be read.
    package init(
        _ settings: Configuration.AdaptationSettings, locations: Locations, events: EventPublisher,
        registry: PrometheusRegistry,
        clock: any Clock, logger: Logger
    ) throws {
        self.settings = LearningSettings(settings)
        self.locations = locations
        self.events = events
        self.registry = registry
        self.clock = clock
        self.logger = logger
        scholar = Scholar(
            self.settings, canary: try CanaryInk.lines(from: settings.canary).map(LabelledSegment.init), events: events,
            registry: registry, clock: clock,
            logger: logger)
    }

    /// The models of a pipeline, which learn.
    package func makeStore(_ settings: PipelineSettings, _ model: Model) throws -> any ModelStore {
        let folder = try LearningFolder(settings, model: model, locations: locations, learning: self.settings.current)
        folder.models.connect(
            known: folder.store.writers(),
            onMiss: { [queue, logger] writer in
                queue.async {
                    do throws(GenerationError) { try folder.load(.writer(writer)) } catch {
                        folder.models.forget(writer)
                        logger.error(
                            "a writer's weights cannot be used; the shared ones serve", metadata: ["reason": "\(error)"]
                        )
                    }
                }
            },
            onNewBase: { [scholar] in scholar.learnAnew(folder) })
        state.withLock { $0.folders[settings.name] = folder }
        return folder.models
    }

    /// Begins to learn: first what an earlier run of the daemon left undone.
    ///
    /// - Parameter publish: sends on the labels' socket.
    package func start(publish: @escaping @Sendable (Topic, [UInt8]) -> Void) {
        let folders = state.withLock { state in
            state.publish = publish
            return Array(state.folders.values)
        }
        forgetOld()
        scholar.run()
        for folder in folders {
            scholar.learnAnew(folder)
            do throws(JournalError) {
                for writer in try folder.journal.writersWithPending() { try scholar.learn(Scope(writer), in: folder) }
            } catch {
                logger.error("the journal cannot be read", metadata: ["reason": "\(error)"])
            }
        }
        housekeeping.withLock { timer in
            let source = DispatchSource.makeTimerSource(queue: queue)
            source.schedule(deadline: .now() + Self.housekeepingInterval, repeating: Self.housekeepingInterval)
            source.setEventHandler { [weak self] in self?.forgetOld() }
            source.activate()
            timer = source
        }
    }

    /// Ends the training that runs, if any; what it would have learned is learned after the next start.
    package func stop() {
        housekeeping.withLock { timer in
            timer?.cancel()
            timer = nil
        }
        scholar.stop()
    }

    /// Takes changed settings into use; those that need a restart are as they were.
    package func change(to settings: Configuration.AdaptationSettings) {
        self.settings.change(to: settings)
        let perMinute = Double(settings.correctionsPerWriterMinute)
        let folders = state.withLock { state in
            for writer in state.buckets.keys { state.buckets[writer]?.change(rate: perMinute / 60, burst: perMinute) }
            return Array(state.folders.values)
        }
        for folder in folders { folder.store.keep(settings.generationsKept) }
        queue.async { self.forgetOld() }
    }

    /// Takes a final with what it was read from, on a lane's thread.
    package func finished(_ segment: FinishedSegment) {
        guard !segment.failed, !segment.isEmpty else { return }
        let confidence = ReviewRule.confidence(of: segment.event)
        let publish = state.withLock { state in
            state.memory.keep(segment)
            return state.review.takes(confidence) ? state.publish : nil
        }
        if confidence >= Self.confident, !segment.event.text.isEmpty, settings.current.reservoir {
            queue.async { self.keep(segment) }
        }
        guard let publish else { return }
        queue.async {
            let event = segment.event
            let suggestion = WireReviewSuggestion.with {
                $0.stream = event.stream.text
                $0.segment = event.segment
                $0.text = event.text
                $0.confidence = confidence
                $0.alternatives = event.alternatives.map { reading in
                    .with {
                        $0.text = reading.text
                        $0.score = reading.score
                    }
                }
                $0.generation = event.generation.wire
                $0.writer = segment.writer ?? ""
                if case .ink(let strokes) = segment.evidence { $0.ink = WireInkSamples(strokes: strokes) }
            }
            if let payload = try? suggestion.wire() { publish(.review(event.stream), payload) }
        }
    }

    private func keep(_ segment: FinishedSegment) {
        guard let folder = folder(of: segment), let reservoir = folder.reservoir, let evidence = segment.evidence,
            folder.models.base.model.task == .transcription
        else { return }
        do throws(JournalError) { try reservoir.offer(correction(segment, evidence, text: segment.event.text)) } catch {
            logger.error("the reservoir cannot be written", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: Corrections

    /// Checks a correction and journals it. Runs on `queue`.
    ///
    /// - Throws: `ControlFailure`, which says why it is refused.
    func correct(_ request: WireCorrectRequest) throws(ControlFailure) -> WireCorrectReply {
        do {
            let journaled = try journal(request)
            count("journaled")
            return .with {
                $0.correction = journaled.number
                $0.writer = journaled.correction.writer ?? ""
            }
        } catch {
            count("\(error.code)".lowercased())
            throw error
        }
    }

    private func journal(_ request: WireCorrectRequest) throws(ControlFailure) -> JournaledCorrection {
        guard let stream = StreamName(request.stream) else {
            throw ControlFailure(.invalidArgument, "\"\(request.stream)\" is no name of a stream")
        }
        guard request.spans.isEmpty else {
            throw ControlFailure(
                .invalidArgument, "labels are corrected with a text",
                remedy: "write NAME@START-END, in seconds from the segment's begin")
        }
        let segment = try segment(request.segment, of: stream)
        guard let folder = folder(of: segment) else {
            throw ControlFailure(.unknownStream, "no pipeline that learns reads \(stream)")
        }
        try admit(segment.writer ?? stream.text)
        guard let evidence = segment.evidence else {
            throw ControlFailure(.unknownSegment, "too much of segment \(request.segment) of \(stream) is missing")
        }
        let correction = correction(segment, evidence, text: request.text)
        do {
            let model = folder.models.current(for: segment.writer).model
            if let refusal = try check.refusal(of: request.text, for: correction.evidence, by: model) {
                throw ControlFailure(refusal)
            }
            let journaled = try folder.journal.add(correction)
            try folder.reservoir?.remove(stream: stream.text, segment: request.segment)
            if journaled.state == .pending { try scholar.learn(Scope(segment.writer), in: folder) }
            return journaled
        } catch let failure as ControlFailure {
            throw failure
        } catch let error as JournalError {
            throw ControlFailure(.unavailable, "\(error)", remedy: "make room, or mend the disk")
        } catch {
            throw ControlFailure(.internal, "\(error)")
        }
    }

    private func correction(_ segment: FinishedSegment, _ evidence: Evidence, text: String) -> Correction {
        Correction(
            stream: segment.event.stream.text, segment: segment.event.segment, writer: segment.writer,
            evidence: evidence, text: text, recognized: segment.event.text,
            generation: GenerationName(segment.event.generation),
            time: clock.unixMicroseconds)
    }

    private func segment(_ number: UInt64, of stream: StreamName) throws(ControlFailure) -> FinishedSegment {
        switch state.withLock({ $0.memory.place(of: number, in: stream) }) {
        case .known(let segment): return segment
        case .tooOld:
            throw ControlFailure(
                .segmentTooOld, "segment \(number) of \(stream) is no longer kept", remedy: "correct sooner")
        case .unknown:
            throw ControlFailure(
                .unknownSegment, "\(stream) has no final of segment \(number)",
                remedy: "take the number from a final; what was read before the daemon started is not kept")
        }
    }

    /// - Throws: `ControlFailure` if this writer corrects too often.
    private func admit(_ writer: String) throws(ControlFailure) {
        let perMinute = Double(settings.current.correctionsPerWriterMinute)
        let now = clock.monotonic
        let isAdmitted = state.withLock { state in
            // Writers come and go, too; forgetting all of them gives each a minute's worth at most.
            if state.buckets.count > Self.bucketLimit { state.buckets.removeAll() }
            var bucket = state.buckets[writer] ?? TokenBucket(rate: perMinute / 60, burst: perMinute, now: now)
            defer { state.buckets[writer] = bucket }
            return bucket.take(1, now: now)
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

    // MARK: What is kept

    package var folders: [LearningFolder] { state.withLock { $0.folders.values.sorted { $0.pipeline < $1.pipeline } } }

    private func folder(of segment: FinishedSegment) -> LearningFolder? {
        state.withLock { $0.folders[segment.pipeline] }
    }

    /// Puts another generation into the lanes, and says so. It serves until a correction that comes later passes the gate against it.
    func rollback(to name: GenerationName, in folder: LearningFolder) throws -> GenerationName {
        let scope = Scope(name.writer)
        let from = try folder.store.rollback(to: name)
        try folder.load(scope)
        scholar.withdraw(scope, of: folder)
        try folder.journal.setAside(scope)
        events.publish(
            .rollback(
                .with {
                    $0.from = LabelEvent.Generation(from).wire
                    $0.to = LabelEvent.Generation(name).wire
                }))
        return from
    }

    /// Removes everything of a writer.
    ///
    /// - Returns: how many corrections, and the generations that were trained on them; the writer's own are gone.
    func erase(writer: String) throws -> (corrections: Int, generations: [GenerationName]) {
        state.withLock { $0.memory.forget(writer: writer) }
        var (count, generations) = (0, [GenerationName]())
        for folder in folders {
            let numbers = try folder.journal.erase(writer: writer)
            count += numbers.count
            generations += folder.store.generations(trainedOn: Set(numbers))
            try folder.store.erase(writer: writer)
            try folder.reservoir?.erase(writer: writer)
            folder.models.forget(writer)
        }
        return (count, generations)
    }

    /// Erases what was kept for longer than the configuration says.
    package func forgetOld() {
        let limit = clock.unixMicroseconds - Int64(settings.current.journalRetention * 1e6)
        for folder in folders {
            do throws(JournalError) {
                try folder.journal.erase(before: limit)
                try folder.reservoir?.erase(before: limit)
            } catch {
                logger.error("old corrections cannot be erased", metadata: ["reason": "\(error)"])
            }
        }
    }
}

extension ControlFailure {
    fileprivate init(_ refusal: CorrectionRefusal) {
        switch refusal {
        case .empty, .noSpans: self.init(.invalidArgument, "\(refusal)")
        case .outsideAlphabet: self.init(.outsideAlphabet, "\(refusal)", remedy: "leave them out")
        case .implausible: self.init(.implausible, "\(refusal)", remedy: "correct the segment that says this")
        }
    }
}
