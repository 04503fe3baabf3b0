import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// One stream of ink: finds its gaps, cuts it into segments, reads the open one as it grows and each closed one exactly.
final class InkSession: Session {
    let stream: StreamName
    let pipeline: Pipeline
    private(set) var lastArrival: Int64

    private var numbering: EventNumbering
    private var tracker = SequenceTracker()
    private var segmenter: Segmenter
    private var hop: HopTimer
    private var hello = StreamHello()
    /// Said by the hello, used once: the language model's context of the next segment.
    private var precedingText = ""

    // The open segment
    private var served: Served?
    private var reading: InkReading?
    private var gaps = LabelEvent.Gaps()
    private var revision: UInt32 = 0
    private var unread = 0
    private var lastInk: Int64
    private var restWasRead = false
    private var due: Due?
    /// Hops whose partial was replaced by the next before it was read.
    private(set) var skippedPartials: UInt64 = 0

    /// Segments that ended, oldest first.
    private var waiting: [Waiting] = []
    /// Slope and scale of the last segment by the same hand: where the next one starts from.
    private var lastNormalization: SegmentNormalization?
    /// Counts hands: another writer, or another life of the publisher, whose device may be another.
    private var hand: UInt64 = 0
    private var totals = Totals()

    private struct Due {
        var arrived: Int64
        var decided: Int64
        var atRest: Bool
    }

    private struct Waiting {
        var ink: InkSegment
        var ending: LabelEvent.Ending
        var segment: UInt64
        var revision: UInt32
        var served: Served
        var writer: String?
        var hand: UInt64
        var precedingText: String
        var gaps: LabelEvent.Gaps
        var arrived: Int64
        var decided: Int64
    }

    private struct Totals {
        var samples: UInt64 = 0
        var gaps: UInt64 = 0
        var dirty: UInt64 = 0
        var lastActivity: Int64 = 0
        var text = ""
    }

    init(stream: StreamName, pipeline: Pipeline, now: Moment) {
        self.stream = stream
        self.pipeline = pipeline
        lastArrival = now.monotonic
        lastInk = now.monotonic
        numbering = EventNumbering(now)
        segmenter = Segmenter(rule: pipeline.endpoint)
        hop = HopTimer(seconds: pipeline.window.hop)
    }

    // MARK: Ink comes in

    /// Takes one packet that arrived at `arrived` (unix µs). False: it had come before and was dropped.
    func receive(_ packet: InkPacket, arrived: Int64, now: Moment) -> Bool {
        lastArrival = now.monotonic
        totals.lastActivity = arrived
        switch tracker.note(epoch: packet.epoch, sequence: packet.sequence) {
        case .repeated: return false
        case .first, .next: break
        case .newEpoch:
            end(.hello, arrived: arrived, decided: arrived)
            segmenter.restart()
            hop.restart()
            changeHand()
        case .gap(let lost):
            gaps.count = gaps.count.addingSaturating(1)
            gaps.packets = gaps.packets.addingSaturating(lost)
            totals.gaps = totals.gaps.addingSaturating(lost)
        }
        switch packet.content {
        case .hello(let hello): greet(hello, arrived: arrived)
        case .samples(let samples, let firstStroke): take(samples, firstStroke: firstStroke, arrived: arrived, now: now)
        case .endOfSegment: end(.explicit, arrived: arrived, decided: arrived)
        case .proximityOut: end(.proximityOut, arrived: arrived, decided: arrived)
        case .retraction(let numbers): retract(numbers, arrived: arrived)
        }
        return true
    }

    private func greet(_ hello: StreamHello, arrived: Int64) {
        if hello.writer != self.hello.writer || hello.rotation != self.hello.rotation {
            end(.hello, arrived: arrived, decided: arrived)
            changeHand()
        }
        self.hello = hello
        precedingText = hello.precedingText ?? ""
    }

    private func changeHand() {
        hand &+= 1
        lastNormalization = nil
    }

    private func take(_ samples: [PenSample], firstStroke: UInt32?, arrived: Int64, now: Moment) {
        var number = firstStroke
        var closed: [Segmenter.Closed] = []
        var hopIsDue = false
        for raw in samples {
            let report = PenSample(hello.rotation.upright(raw.sample), contact: raw.contact)
            let before = segmenter.open.samples.count
            segmenter.take(report, number: report.contact ? number : nil, closed: &closed)
            if report.contact { number = nil }
            if !closed.isEmpty {
                noteDirt()
                seal(&closed, arrived: arrived, decided: arrived)
                unread = segmenter.open.samples.count
                hopIsDue = false
            } else {
                unread += segmenter.open.samples.count - before
            }
            if unread > 0, hop.isDue(at: report.sample.time ?? arrived) { hopIsDue = true }
            guard report.contact else { continue }
            totals.samples = totals.samples.addingSaturating(1)
            lastInk = now.monotonic
            restWasRead = false
        }
        noteDirt()
        // Two hops in one packet are one: nobody could have read the first.
        if hopIsDue { makeDue(Due(arrived: arrived, decided: arrived, atRest: false)) }
        if !segmenter.open.isEmpty, served == nil { served = pipeline.models.current(for: hello.writer) }
    }

    private func noteDirt() {
        let dirty = segmenter.takeDirtySamples()
        gaps.dirtySamples = gaps.dirtySamples.addingSaturating(dirty)
        totals.dirty = totals.dirty.addingSaturating(dirty)
    }

    private func retract(_ numbers: [UInt32], arrived: Int64) {
        guard segmenter.retract(numbers) else { return }
        revision &+= 1
        reading?.forget()
        unread = segmenter.open.samples.count
        makeDue(Due(arrived: arrived, decided: arrived, atRest: false))
    }

    // MARK: Segments end

    func tick(_ now: Moment) {
        guard !segmenter.open.isEmpty || revision > 0 else { return }
        let quiet = now.monotonic - lastInk
        if Double(quiet) >= pipeline.endpoint.idle * 1e9 {
            end(.idle, arrived: totals.lastActivity, decided: now.unix)
        } else if !restWasRead, due == nil, Double(quiet) >= pipeline.window.hop * 1e9 {
            restWasRead = true
            makeDue(Due(arrived: now.unix, decided: now.unix, atRest: true))
        }
    }

    func end(_ ending: LabelEvent.Ending, now: Moment) {
        end(ending, arrived: totals.lastActivity, decided: now.unix)
    }

    private func end(_ ending: LabelEvent.Ending, arrived: Int64, decided: Int64) {
        var closed: [Segmenter.Closed] = []
        segmenter.end(ending, closed: &closed)
        seal(&closed, arrived: arrived, decided: decided)
    }

    /// What was open waits for its final; the next segment begins with nothing of it.
    private func seal(_ closed: inout [Segmenter.Closed], arrived: Int64, decided: Int64) {
        for segment in closed {
            let served = self.served ?? pipeline.models.current(for: hello.writer)
            waiting.append(
                Waiting(
                    ink: segment.ink, ending: segment.ending, segment: numbering.closeSegment(), revision: revision,
                    served: served, writer: hello.writer, hand: hand, precedingText: precedingText, gaps: gaps,
                    arrived: arrived,
                    decided: decided))
            self.served = nil
            reading = nil
            gaps = LabelEvent.Gaps()
            revision = 0
            unread = 0
            restWasRead = false
            due = nil
            precedingText = ""
            hop.restart()
        }
        closed.removeAll()
    }

    // MARK: Partials

    var partialIsDue: Bool { due != nil && waiting.isEmpty }

    /// A hop that comes while the one before still waits takes its place: the older partial is skipped, and counted. A pen that
    /// moves on before its rest was read skips nothing that a hop had promised.
    private func makeDue(_ next: Due) {
        if let due, !due.atRest { skippedPartials = skippedPartials.addingSaturating(1) }
        due = next
    }

    func addWindow(to windows: WindowGroups) -> WindowOffer {
        guard let due else { return .nothing }
        guard let reading = reading ?? beginReading() else {
            self.due = nil
            return .nothing
        }
        reading.extend(with: segmenter.open, penIsDown: segmenter.penIsDown)
        unread = 0
        if reading.addWindow(to: windows, atRest: due.atRest, session: self) { return .window }
        self.due = nil
        // All strokes were taken back: what stood there is gone.
        guard segmenter.open.isEmpty else { return .nothing }
        return .event(partial(of: reading, due))
    }

    func takeWindow(_ output: OutputSequence) -> LabelEvent? {
        guard let reading, let due else { return nil }
        reading.take(output)
        guard reading.hasCaughtUp else { return nil }
        self.due = nil
        return partial(of: reading, due)
    }

    private func partial(of reading: InkReading, _ due: Due) -> LabelEvent {
        let partial = reading.partial(of: segmenter.open)
        let text = partial.symbols.reduce(into: "") { $0 += $1.text }
        totals.text = text
        return LabelEvent(
            stream: stream, epoch: numbering.epoch, number: numbering.nextEvent(), segment: numbering.segment,
            revision: revision, state: .partial, text: text, committed: partial.committed, symbols: partial.symbols,
            generation: reading.served.generation, strokes: segmenter.open.numbers,
            sampleCount: segmenter.open.samples.count, gaps: gaps, droppedPartials: skippedPartials,
            stamps: .init(arrived: due.arrived, decided: due.decided, published: due.decided))
    }

    private func beginReading() -> InkReading? {
        guard !segmenter.open.isEmpty else { return nil }
        let served = self.served ?? pipeline.models.current(for: hello.writer)
        self.served = served
        guard case .ink(let configuration) = served.model.input else { return nil }
        // A line's first letters tell little of its scale and slope; the line before tells more.
        var normalization = SegmentNormalization(of: segmenter.open.strokes, configuration)
        if let lastNormalization {
            normalization.scale = lastNormalization.scale
            normalization.slope = lastNormalization.slope
        }
        let reading = InkReading(
            served: served, configuration: configuration, decoding: pipeline.decoding, window: pipeline.window,
            precedingText: precedingText, normalization: normalization, isProven: lastNormalization != nil)
        self.reading = reading
        return reading
    }

    // MARK: Finals

    var waitingFinals: Int { waiting.count }

    func finishNext(with readers: Readers) -> FinishedSegment? {
        guard !waiting.isEmpty else { return nil }
        let segment = waiting.removeFirst()
        let model = segment.served.model
        let strokes = segment.ink.strokes
        let recognition = try? readers.recognizer(for: model, decoding: pipeline.decoding)
            .recognize(strokes, precedingText: segment.precedingText)
        let reading = recognition ?? .nothing
        if case .ink(let configuration) = model.input, !strokes.isEmpty, segment.hand == hand {
            lastNormalization = SegmentNormalization(of: strokes, configuration)
        }
        totals.text = reading.text
        let event = LabelEvent(
            stream: stream, epoch: numbering.epoch, number: numbering.nextEvent(), segment: segment.segment,
            revision: segment.revision, state: .final, text: reading.text, committed: reading.text.unicodeScalars.count,
            symbols: reading.symbols.map { LabelEvent.Symbol($0, in: segment.ink) },
            alternatives: LabelEvent.alternatives(of: reading, limit: pipeline.alternatives), ending: segment.ending,
            generation: segment.served.generation, strokes: segment.ink.numbers, sampleCount: segment.ink.samples.count,
            gaps: segment.gaps, droppedPartials: skippedPartials,
            stamps: .init(arrived: segment.arrived, decided: segment.decided, published: segment.decided))
        var finished = FinishedSegment(
            event: event, writer: segment.writer, ink: segment.ink, failed: recognition == nil)
        finished.frames = reading.frames
        finished.duration = segment.ink.duration
        return finished
    }

    func dropWindow() {
        due = nil
        reading = nil
    }

    // MARK: What others ask

    var isIdle: Bool { segmenter.open.isEmpty && revision == 0 && waiting.isEmpty }

    var byteCount: Int {
        512 + segmenter.byteCount + (reading?.byteCount ?? 0)
            + waiting.reduce(0) { $0 + MemoryLayout<Waiting>.stride + $1.ink.byteCount }
    }

    var summary: SessionSummary {
        SessionSummary(
            stream: stream, pipeline: pipeline.name, writer: hello.writer, device: hello.device,
            generation: served?.generation, segment: numbering.segment, isOpen: !segmenter.open.isEmpty,
            samples: totals.samples, segments: numbering.segments, gaps: totals.gaps, dirtySamples: totals.dirty,
            byteCount: byteCount, lastActivity: totals.lastActivity, text: totals.text)
    }
}
