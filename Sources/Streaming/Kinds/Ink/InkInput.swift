import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// The ink of one stream: cut into segments where the pen pauses, leaves or begins a line, and read as it grows.
///
/// A class: a session that knows its kind only by the protocol would copy a value for each question.
final class InkInput: InputKind {
    static let readsRests = true
    static let readsStrokes = true

    private let pipeline: Pipeline
    // One lane calls it, and its calls do not nest: the check of each access at run time would be a tenth of a packet's cost.
    @exclusivity(unchecked) private var filter = ReportFilter()
    @exclusivity(unchecked) private var segmenter: Segmenter
    /// The turn of the tablet, as the hello tells it.
    private var rotation = QuarterTurn.none
    /// The language model's context of the next segment, as the hello tells it. It is used once.
    private var precedingText = ""
    /// Slope and scale of the last segment by the same hand: where the next one starts from.
    private var lastNormalization: SegmentNormalization?

    // The open segment
    private(set) var served: Served?
    private var reading: InkWindowReader?
    private var gaps = LabelEvent.Gaps()
    private var revision: UInt32 = 0
    private var unread = 0
    /// The number of the stroke of the packet's next report with contact, as its publisher counts.
    private var nextNumber: UInt32?
    // Scratch
    @exclusivity(unchecked) private var filtered: [ReportFilter.Report] = []

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
        segmenter = Segmenter(rule: pipeline.endpoint)
    }

    var isOpen: Bool { !segmenter.open.isEmpty || revision > 0 || filter.isWaiting }
    var isAway: Bool { segmenter.isOutOfReach }
    var byteCount: Int { segmenter.byteCount + (reading?.byteCount ?? 0) }
    var facts: SegmentFacts { facts(of: segmenter.open) }

    private func facts(of ink: InkSegment) -> SegmentFacts {
        SegmentFacts(count: ink.sentCount, strokes: ink.numbers, revision: revision, gaps: gaps)
    }

    // MARK: Ink comes in

    func receive(
        _ packet: InkPacket, from first: Int, _ effects: inout PacketEffects<EndedInk>
    ) throws(PacketRefusal) -> Int? {
        if first == 0 { segmenter.beginPacket() }
        switch packet.content {
        case .samples(let reports, let firstStroke):
            if first == 0 { nextNumber = firstStroke }
            return append(reports, from: first, &effects)
        case .retraction(let numbers): retract(numbers, &effects)
        case .proximityOut:
            var closed: [Segmenter.Closed] = []
            liftPen(&closed)
            segmenter.leaveReach(closed: &closed)
            if !closed.isEmpty { close(&closed, &effects) }
            effects.leave = (.proximityOut, pipeline.endpoint.outOfReachByTheWall)
        case .hello, .endOfSegment: break
        }
        return nil
    }

    /// The work of one piece of a packet, in what a report costs about: some milliseconds.
    private static let piece = 16_384

    private func append(
        _ reports: [PenSample], from first: Int, _ effects: inout PacketEffects<EndedInk>
    ) -> Int? {
        var closed: [Segmenter.Closed] = []
        // Where the piece ends if nothing costs more than its reports.
        let end = first + Self.piece + segmenter.work
        var next = first
        while next < reports.count, next + segmenter.work < end {
            let raw = reports[next]
            next += 1
            let report = PenSample(rotation.upright(raw.sample), contact: raw.contact)
            let before = segmenter.open.samples.count
            if report.contact, report.sample.x.isFinite, report.sample.y.isFinite {
                filter.append(report.sample, number: nextNumber, to: &filtered)
                nextNumber = nil
                passFiltered(&closed)
            } else {
                if !report.contact { liftPen(&closed) }
                segmenter.append(report, number: nil, closed: &closed)
            }
            if closed.isEmpty {
                unread += segmenter.open.samples.count - before
            } else {
                close(&closed, &effects)
                unread = segmenter.open.samples.count
            }
            // Two hops in one packet are one: nobody could have read the first.
            if unread > 0, effects.hop.isDue(at: report.sample.time ?? effects.arrived) { effects.isDue = true }
            if report.contact { effects.samples += 1 }
        }
        noteDirt(&effects)
        if !segmenter.open.isEmpty, served == nil { served = effects.current() }
        return next < reports.count ? next : nil
    }

    private func passFiltered(_ closed: inout [Segmenter.Closed]) {
        for report in filtered {
            segmenter.append(PenSample(report.sample), number: report.number, place: report.place, closed: &closed)
            if report.isDot {
                segmenter.append(PenSample(report.sample, contact: false), number: nil, closed: &closed)
            }
        }
        filtered.removeAll(keepingCapacity: true)
    }

    /// Reports that waited for the stroke's end become ink.
    private func liftPen(_ closed: inout [Segmenter.Closed]) {
        filter.penUp(to: &filtered)
        passFiltered(&closed)
    }

    private func noteDirt(_ effects: inout PacketEffects<EndedInk>) {
        let dirty = segmenter.takeDirtySamples().addingSaturating(filter.takeStrays())
        gaps.dirtySamples = gaps.dirtySamples.addingSaturating(dirty)
        effects.dirty = effects.dirty.addingSaturating(dirty)
    }

    private func retract(_ numbers: [UInt32], _ effects: inout PacketEffects<EndedInk>) {
        var closed: [Segmenter.Closed] = []
        liftPen(&closed)
        if !closed.isEmpty { close(&closed, &effects) }
        guard segmenter.retract(numbers) else { return }
        revision &+= 1
        reading?.forget()
        unread = segmenter.open.samples.count
        effects.isDue = true
    }

    func note(lost: UInt64) {
        segmenter.noteLoss()
        gaps.count = gaps.count.addingSaturating(1)
        gaps.packets = gaps.packets.addingSaturating(lost)
    }

    func greet(_ hello: StreamHello) {
        precedingText = hello.precedingText ?? ""
        rotation = hello.rotation
    }

    func changeHand() {
        lastNormalization = nil
        filter = ReportFilter()
    }

    func restart() { segmenter.restart() }

    // MARK: Segments end

    func end(_ ending: LabelEvent.Ending, _ effects: inout PacketEffects<EndedInk>) {
        var closed: [Segmenter.Closed] = []
        liftPen(&closed)
        segmenter.end(ending, closed: &closed)
        close(&closed, &effects)
    }

    /// The weights that a segment which ends now is read whole with: those that it began with. Where the writer's own came only since, on
    /// their way from an archive, they are better.
    private func served(at current: Served) -> Served {
        guard let served, served.generation.writer != nil || current.generation.writer == nil else { return current }
        return served
    }

    private func close(_ closed: inout [Segmenter.Closed], _ effects: inout PacketEffects<EndedInk>) {
        if !closed.isEmpty { filter.beginSegment() }
        noteDirt(&effects)
        for segment in closed {
            var ended = EndedInk(
                ink: segment.ink, served: served(at: effects.current()), precedingText: precedingText,
                facts: facts(of: segment.ink))
            if case .ink(let configuration) = ended.served.model.input, !segment.ink.isEmpty {
                let strokes = segment.ink.strokes
                let normalization = SegmentNormalization(of: strokes, configuration)
                ended.frames = segment.ink.frames(normalization, configuration)
                ended.order = ReadingOrder(strokes)
                lastNormalization = normalization
            }
            effects.close(ended, segment.ending)
            served = nil
            reading = nil
            gaps = LabelEvent.Gaps()
            revision = 0
            unread = 0
            precedingText = ""
        }
        closed.removeAll()
    }

    // MARK: Partials

    func nextWindow(atRest: Bool) -> WindowRequest? {
        guard let reading = reading ?? beginReading() else { return nil }
        reading.extend(with: segmenter.open, penIsDown: segmenter.penIsDown)
        unread = 0
        return reading.nextWindow(atRest: atRest)
    }

    private func beginReading() -> InkWindowReader? {
        guard !segmenter.open.isEmpty, let served, case .ink(let configuration) = served.model.input else {
            return nil
        }
        // A line's first letters tell little of its scale and slope; the line before tells more.
        var normalization = SegmentNormalization(of: segmenter.open.strokes, configuration)
        if let lastNormalization {
            normalization.scale = lastNormalization.scale
            normalization.slope = lastNormalization.slope
        }
        let reading = InkWindowReader(
            served: served, configuration: configuration, decoding: pipeline.decoding, window: pipeline.window,
            precedingText: precedingText, normalization: normalization, isProven: lastNormalization != nil)
        self.reading = reading
        return reading
    }

    func receive(_ output: OutputSequence) { reading?.receive(output) }

    var hasCaughtUp: Bool { reading?.hasCaughtUp ?? false }
    /// All strokes were taken back: what stood there is gone.
    var hasNews: Bool { reading != nil && segmenter.open.isEmpty }

    func partial() -> SegmentReading {
        guard let reading else { return .nothing }
        let partial = reading.partial(of: segmenter.open)
        return SegmentReading(
            text: partial.symbols.reduce(into: "") { $0 += $1.text }, committed: partial.committed,
            symbols: partial.symbols)
    }

    func giveUpReading() { reading = nil }
}

/// Ink that ended: read whole.
struct EndedInk: EndedSegment {
    var ink: InkSegment
    let served: Served
    let precedingText: String
    let facts: SegmentFacts
    var frames = 0
    /// nil: as it was written.
    var order: ReadingOrder?

    var byteCount: Int { ink.byteCount }
    var duration: Int64 { ink.duration }
    var evidence: Evidence? { .ink(strokes) }

    /// As they are read.
    private var strokes: [Stroke] { order?.apply(to: ink.strokes) ?? ink.strokes }

    mutating func next() -> FinalStep {
        ink.isEmpty ? .done(.nothing) : .whole(.ink(strokes), precedingText: precedingText)
    }

    func reading(of recognition: Recognition, alternatives: Int) -> SegmentReading {
        SegmentReading(
            text: recognition.text, committed: recognition.text.unicodeScalars.count,
            symbols: recognition.symbols.map { LabelEvent.Symbol(order?.place($0, in: ink) ?? $0, in: ink) },
            alternatives: LabelEvent.alternatives(of: recognition, limit: alternatives))
    }
}

/// A stream of ink.
final class InkSession: KnownSession {
    let session: StreamSession<InkInput>

    init(_ session: StreamSession<InkInput>) { self.session = session }
}

extension Pipeline.Input {
    /// Ink of a pen.
    public static let ink = Pipeline.Input(name: "ink", session: InkSession.self)
}
