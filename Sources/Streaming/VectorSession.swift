import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// One stream of feature vectors: finds its gaps, reads it as it grows, labels every frame or transcribes, as its model does.
///
/// A recording may be endless: after `EndpointRule.maximumSamples` vectors its segment ends and the next begins. Where vectors are
/// missing or the clock jumps the reading begins anew; what lies between is "unknown", not a guess.
final class VectorSession: Session {
    let stream: StreamName
    let pipeline: Pipeline
    private(set) var lastArrival: Int64

    private var numbering: EventNumbering
    private var tracker = SequenceTracker()
    private var timeline = VectorTimeline()
    private var hop: HopTimer
    private var hello = StreamHello()
    private var helloBytes = 0
    /// Packets that were lost since the last vectors.
    private var lost: UInt64 = 0
    /// Of the stream's last segment: where the next one starts from.
    private var normalization: RunningNormalization?

    private var open: VectorSegment?
    private var due: Due?
    private var lastVectors: Int64
    private(set) var skippedPartials: UInt64 = 0
    /// Segments that ended, oldest first.
    private var waiting: [Waiting] = []
    private var totals = Totals()

    private struct Due {
        var arrived: Int64
        var decided: Int64
    }

    private struct Waiting {
        var segment: VectorSegment
        var ending: LabelEvent.Ending
        var number: UInt64
        var writer: String?
        var due: Due
    }

    private struct Totals {
        var vectors: UInt64 = 0
        var gaps: UInt64 = 0
        var dirty: UInt64 = 0
        var lastActivity: Int64 = 0
        var text = ""
    }

    init(stream: StreamName, pipeline: Pipeline, now: Moment) {
        self.stream = stream
        self.pipeline = pipeline
        lastArrival = now.monotonic
        lastVectors = now.monotonic
        numbering = EventNumbering(now)
        hop = HopTimer(seconds: pipeline.window.hop)
    }

    // MARK: Vectors come in

    /// Takes one packet that arrived at `arrived` (unix µs). False: it had come before and was dropped.
    func receive(_ packet: FeaturePacket, arrived: Int64, now: Moment) -> Bool {
        lastArrival = now.monotonic
        totals.lastActivity = arrived
        switch tracker.note(epoch: packet.epoch, sequence: packet.sequence) {
        case .repeated: return false
        case .first, .next: break
        case .newEpoch:
            end(.hello, Due(arrived: arrived, decided: arrived))
            timeline.restart()
            lost = 0
        case .gap(let packets):
            lost = lost.addingSaturating(packets)
            totals.gaps = totals.gaps.addingSaturating(packets)
        }
        switch packet.content {
        case .hello(let hello):
            if hello.writer != self.hello.writer { end(.hello, Due(arrived: arrived, decided: arrived)) }
            self.hello = hello
            helloBytes = hello.channels.reduce(0) { $0 + MemoryLayout<String>.stride + $1.utf8.count }
            open?.name(channels: hello.channels)
        case .frames(let frames): take(frames, arrived: arrived, now: now)
        case .endOfSegment: end(.explicit, Due(arrived: arrived, decided: arrived))
        }
        return true
    }

    private func take(_ frames: FeatureFrames, arrived: Int64, now: Moment) {
        guard frames.count > 0, frames.rate.isFinite, frames.rate > 0, let segment = open ?? begin() else { return }
        let place = timeline.place(frames, lost: lost)
        if lost > 0 || place != .next && segment.count > 0 {
            segment.gaps.count = segment.gaps.count.addingSaturating(1)
            segment.gaps.packets = segment.gaps.packets.addingSaturating(lost)
        }
        let dirty = segment.gaps.dirtySamples
        // The time before a segment is not of it.
        segment.append(frames, at: segment.count > 0 ? place : .next)
        lost = 0
        totals.dirty = totals.dirty.addingSaturating(segment.gaps.dirtySamples - dirty)
        totals.vectors = totals.vectors.addingSaturating(UInt64(frames.count))
        lastVectors = now.monotonic
        if hop.isDue(at: frames.time ?? arrived) {
            // A hop that comes while the one before still waits takes its place: the older partial is skipped, and counted.
            if due != nil { skippedPartials = skippedPartials.addingSaturating(1) }
            due = Due(arrived: arrived, decided: arrived)
        }
        if segment.count >= pipeline.endpoint.maximumSamples { end(.maximum, Due(arrived: arrived, decided: arrived)) }
    }

    private func begin() -> VectorSegment? {
        let served = pipeline.models.current(for: hello.writer)
        guard case .vectors(let configuration) = served.model.input else { return nil }
        let segment = VectorSegment(
            served: served, configuration: configuration, pipeline: pipeline, normalization: normalization)
        segment.name(channels: hello.channels)
        open = segment
        return segment
    }

    /// Channels that the model reads and the publisher lacks, going by the names in its hello.
    var missingChannels: [String] {
        guard !hello.channels.isEmpty,
            case .vectors(let configuration) = pipeline.models.current(for: hello.writer).model.input
        else { return [] }
        return ChannelOrder(of: configuration.channels, among: hello.channels).missing
    }

    // MARK: Segments end

    func tick(_ now: Moment) {
        guard open != nil, Double(now.monotonic - lastVectors) >= pipeline.endpoint.idle * 1e9 else { return }
        end(.idle, Due(arrived: totals.lastActivity, decided: now.unix))
    }

    func end(_ ending: LabelEvent.Ending, now: Moment) {
        end(ending, Due(arrived: totals.lastActivity, decided: now.unix))
    }

    private func end(_ ending: LabelEvent.Ending, _ due: Due) {
        guard let segment = open else { return }
        waiting.append(
            Waiting(segment: segment, ending: ending, number: numbering.closeSegment(), writer: hello.writer, due: due))
        normalization = segment.normalization
        open = nil
        self.due = nil
        if ending != .maximum { hop.restart() }
    }

    // MARK: Partials

    var partialIsDue: Bool { due != nil && waitingFinals == 0 }

    func addWindow(to windows: WindowGroups) -> WindowOffer {
        guard let due, let segment = open else { return .nothing }
        if segment.addWindow(to: windows, session: self) { return .window }
        self.due = nil
        return segment.hasNews ? .event(partial(of: segment, due)) : .nothing
    }

    func takeWindow(_ output: OutputSequence) -> LabelEvent? {
        guard let segment = open, let due else { return nil }
        segment.take(output)
        guard segment.hasCaughtUp else { return nil }
        self.due = nil
        return partial(of: segment, due)
    }

    private func partial(of segment: VectorSegment, _ due: Due) -> LabelEvent {
        event(of: segment, segment.partial(), number: numbering.segment, ending: nil, due)
    }

    private func event(
        of segment: VectorSegment, _ reading: VectorSegment.Reading, number: UInt64, ending: LabelEvent.Ending?,
        _ due: Due
    ) -> LabelEvent {
        totals.text = reading.text
        return LabelEvent(
            stream: stream, epoch: numbering.epoch, number: numbering.nextEvent(), segment: number,
            state: ending == nil ? .partial : .final, text: reading.text, committed: reading.committed,
            symbols: reading.symbols,
            alternatives: reading.alternatives, spans: reading.spans, ending: ending,
            generation: segment.served.generation,
            sampleCount: segment.count, gaps: segment.gaps, droppedPartials: skippedPartials,
            stamps: .init(arrived: due.arrived, decided: due.decided, published: due.decided))
    }

    // MARK: Finals

    /// Segments that wait for their final, and the open one where a gap waits for what came before it.
    var waitingFinals: Int { waiting.count + (open?.hasEndedStretches == true ? 1 : 0) }

    func finishNext(with readers: Readers) -> FinishedSegment? {
        guard !waiting.isEmpty else {
            // Only unread stretches are given up where the network refuses them; their frames stay without a label.
            try? open?.finishStretches(with: readers.workspace)
            return nil
        }
        let next = waiting.removeFirst()
        let reading = try? next.segment.final(with: readers)
        let event = event(of: next.segment, reading ?? .nothing, number: next.number, ending: next.ending, next.due)
        return FinishedSegment(
            event: event, writer: next.writer, ink: InkSegment(), vectors: next.segment.recordedVectors,
            failed: reading == nil)
    }

    func dropWindow() { due = nil }

    // MARK: What others ask

    var isIdle: Bool { open == nil && waiting.isEmpty }

    var byteCount: Int {
        512 + helloBytes + (open?.byteCount ?? 0)
            + waiting.reduce(0) { $0 + MemoryLayout<Waiting>.stride + $1.segment.byteCount }
    }

    var summary: SessionSummary {
        SessionSummary(
            stream: stream, pipeline: pipeline.name, writer: hello.writer, device: hello.device,
            generation: open?.served.generation, segment: numbering.segment, isOpen: open != nil,
            samples: totals.vectors,
            segments: numbering.segments, gaps: totals.gaps, dirtySamples: totals.dirty, byteCount: byteCount,
            lastActivity: totals.lastActivity, text: totals.text)
    }
}
