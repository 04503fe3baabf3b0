import DuctusNetwork
import DuctusRecognition

/// One stream: finds its gaps, has its kind of input cut it into segments, reads the open one as it grows and each closed one exactly.
final class StreamSession<Kind: InputKind>: Session {
    let stream: StreamName
    let pipeline: Pipeline
    private(set) var client: ClientIdentifier
    private(set) var lastArrival: Int64

    private var input: Kind
    private var numbering: EventNumbering
    private var tracker = SequenceTracker()
    private var hop: HopTimer
    private var hello = StreamHello()
    private var totals = Totals()

    // The open segment
    private var due: Due?
    /// The arrival of the last input, monotonic ns.
    private var lastInput: Int64
    private var restWasRead = false
    /// The open segment ends so at this monotonic time, unless input comes before.
    private var leave: (ending: LabelEvent.Ending, at: Int64)?
    /// Hops whose partial was replaced by the next before it was read.
    private(set) var skippedPartials: UInt64 = 0

    /// The packet of which only a part was read.
    private var begun: Begun?
    /// More bytes than it keeps, unless it was just measured.
    private var mostBytes = 0
    /// Segments that ended, oldest first.
    private var waiting: [Waiting] = []
    private(set) var waitingWork = WaitingWork()

    private struct Due {
        var arrived: Int64
        var decided: Int64
        var atRest = false
    }

    private struct Begun {
        var packet: Kind.Packet
        var next = 0
        var effects: PacketEffects<Kind.Ended>
        var due: Due
    }

    private struct Waiting {
        var contents: Contents
        var work: WaitingWork
        var facts: SegmentFacts
        var generation: LabelEvent.Generation
        var ending: LabelEvent.Ending
        var number: UInt64
        var writer: String?
        var due: Due

        enum Contents {
            case segment(Kind.Ended)
            /// Let go of, and why.
            case givenUp(String)
        }
    }

    private struct Totals {
        var samples: UInt64 = 0
        var gaps: UInt64 = 0
        var dirty: UInt64 = 0
        var lastActivity: Int64 = 0
        var text = ""
    }

    init(stream: StreamName, pipeline: Pipeline, client: ClientIdentifier, now: Moment) {
        self.stream = stream
        self.pipeline = pipeline
        self.client = client
        lastArrival = now.monotonic
        lastInput = now.monotonic
        input = Kind(pipeline)
        numbering = EventNumbering(now)
        hop = HopTimer(seconds: pipeline.window.hop)
    }

    // MARK: Packets come in

    func receive(
        _ packet: any StreamPacket, from client: ClientIdentifier, arrived: Int64, now: Moment, isBegun: Bool
    ) throws(PacketRefusal) -> PacketReceipt {
        guard let packet = packet as? Kind.Packet else { throw .kind }
        self.client = client
        lastArrival = now.monotonic
        totals.lastActivity = arrived
        var receipt = PacketReceipt()
        if isBegun {
            guard packet.epoch == begun?.packet.epoch, packet.sequence == begun?.packet.sequence else { return receipt }
            receipt.isWhole = try goOn(now)
            return receipt
        }
        // Another client sends the same stream: packets are read one after the other all the same.
        while begun != nil { _ = try? goOn(now) }
        let due = Due(arrived: arrived, decided: arrived)
        switch tracker.note(epoch: packet.epoch, sequence: packet.sequence) {
        case .repeated:
            receipt.isRepeated = true
            return receipt
        case .first, .next: break
        case .newEpoch:
            end(.hello, due)
            hop.restart()
            input.restart()
            input.changeHand()
        case .gap(let lost):
            input.note(lost: lost)
            totals.gaps = totals.gaps.addingSaturating(lost)
        }
        switch packet.role {
        case .hello(let hello):
            greet(hello, due)
            if !hello.channels.isEmpty {
                receipt.missing = Kind.missing(in: hello, for: pipeline.models.current(for: hello.writer).model)
            }
        case .input, .amendment:
            mostBytes &+= packet.byteCount &* Self.growth
            begun = Begun(packet: packet, effects: makeEffects(arrived: due.arrived), due: due)
            receipt.isWhole = try goOn(now)
        case .end(let ending): end(ending, due)
        }
        return receipt
    }

    private func greet(_ hello: StreamHello, _ due: Due) {
        if hello.writer != self.hello.writer || hello.rotation != self.hello.rotation {
            end(.hello, due)
            input.changeHand()
        }
        self.hello = hello
        input.greet(hello)
        // The writer's own weights are fetched while the first line is written.
        _ = pipeline.models.current(for: hello.writer)
    }

    /// Reads the next piece of the packet. Segments that end in it get their finals before the rest is read; a partial waits for the rest.
    ///
    /// - Returns: whether it was the last.
    private func goOn(_ now: Moment) throws(PacketRefusal) -> Bool {
        guard var reading = begun.take() else { return true }
        if let next = try input.receive(reading.packet, from: reading.next, &reading.effects) {
            for (segment, ending) in reading.effects.takeEnded() { seal(segment, ending, reading.due) }
            reading.next = next
            begun = reading
            return false
        }
        let effects = reading.effects
        if effects.samples > 0 {
            totals.samples = totals.samples.addingSaturating(effects.samples)
            lastInput = now.monotonic
            restWasRead = false
        }
        if !input.isAway { leave = nil }
        if let leave = effects.leave, input.isOpen {
            self.leave = (leave.ending, now.monotonic &+ Int64(leave.seconds * 1e9))
        }
        settle(effects, reading.due)
        return true
    }

    private func makeEffects(arrived: Int64) -> PacketEffects<Kind.Ended> {
        PacketEffects(arrived: arrived, models: pipeline.models, writer: hello.writer, hop: hop)
    }

    private func settle(_ effects: PacketEffects<Kind.Ended>, _ due: Due) {
        var effects = effects
        hop = effects.hop
        totals.dirty = totals.dirty.addingSaturating(effects.dirty)
        for (segment, ending) in effects.takeEnded() { seal(segment, ending, due) }
        if effects.isDue { makeDue(due) }
    }

    // MARK: Segments end

    func tick(_ now: Moment) -> Bool {
        guard input.isOpen, begun == nil else { return false }
        let quiet = now.monotonic - lastInput
        if let leave, now.monotonic >= leave.at {
            end(leave.ending, Due(arrived: totals.lastActivity, decided: now.unix))
        } else if Double(quiet) >= pipeline.endpoint.idle * 1e9 {
            end(.idle, now: now)
        } else if Kind.readsRests, !restWasRead, due == nil, Double(quiet) >= pipeline.window.hop * 1e9 {
            restWasRead = true
            makeDue(Due(arrived: now.unix, decided: now.unix, atRest: true))
        } else {
            return false
        }
        return true
    }

    func end(_ ending: LabelEvent.Ending, now: Moment) {
        end(ending, Due(arrived: totals.lastActivity, decided: now.unix))
    }

    private func end(_ ending: LabelEvent.Ending, _ due: Due) {
        var effects = makeEffects(arrived: due.arrived)
        input.end(ending, &effects)
        settle(effects, due)
    }

    /// Ends the open segment, which then waits for its final. The next segment begins with nothing of it.
    private func seal(_ segment: Kind.Ended, _ ending: LabelEvent.Ending, _ due: Due) {
        let work = WaitingWork(frames: segment.frames, bytes: MemoryLayout<Waiting>.stride + segment.byteCount)
        waitingWork += work
        waiting.append(
            Waiting(
                contents: .segment(segment), work: work, facts: segment.facts, generation: segment.served.generation,
                ending: ending, number: numbering.closeSegment(), writer: hello.writer, due: due))
        restWasRead = false
        leave = nil
        self.due = nil
    }

    // MARK: Partials

    var partialIsDue: Bool { due != nil && waitingFinals == 0 && begun == nil }

    /// A hop that comes while the one before still waits takes its place: the older partial is skipped, and counted. A stream that
    /// goes on before its rest was read skips nothing that a hop had promised.
    private func makeDue(_ next: Due) {
        if let due, !due.atRest { skippedPartials = skippedPartials.addingSaturating(1) }
        due = next
    }

    func nextWindow() -> WindowOffer {
        guard let due else { return .nothing }
        if let request = input.nextWindow(atRest: due.atRest) { return .window(request) }
        self.due = nil
        return input.hasNews ? .event(partial(due)) : .nothing
    }

    func receiveWindow(_ output: OutputSequence) -> LabelEvent? {
        input.receive(output)
        guard let due, input.hasCaughtUp else { return nil }
        self.due = nil
        return partial(due)
    }

    func giveUpWindow() {
        due = nil
        input.giveUpReading()
    }

    private func partial(_ due: Due) -> LabelEvent {
        event(
            input.partial(), input.facts, generation: input.served?.generation ?? .init(number: 0),
            number: numbering.segment, ending: nil, due)
    }

    private func event(
        _ reading: SegmentReading, _ facts: SegmentFacts, generation: LabelEvent.Generation, number: UInt64,
        ending: LabelEvent.Ending?, failure: String? = nil, _ due: Due
    ) -> LabelEvent {
        totals.text = reading.text
        return LabelEvent(
            stream: stream, epoch: numbering.epoch, number: numbering.nextEvent(), segment: number,
            revision: facts.revision, state: ending == nil ? .partial : .final, text: reading.text,
            committed: reading.committed, symbols: reading.symbols, alternatives: reading.alternatives,
            spans: reading.spans, ending: ending, generation: generation, strokes: facts.strokes,
            sampleCount: facts.count, gaps: facts.gaps, droppedPartials: skippedPartials, failure: failure,
            stamps: .init(arrived: due.arrived, decided: due.decided, published: due.decided))
    }

    // MARK: Finals

    /// Segments that wait for their final, and the open one where a part of it waits to be read to its end.
    var waitingFinals: Int { waiting.count + (input.owesReading ? 1 : 0) }
    var nextFinalFrames: Int { waiting.first?.work.frames ?? pipeline.window.chunk + pipeline.window.lookahead }

    func nextFinal() -> FinalOffer {
        guard let first = waiting.first else {
            return input.nextOwedWindow().map(FinalOffer.window) ?? .nothing
        }
        guard case .segment(var segment) = first.contents else {
            return finish(.success(.nothing)).map(FinalOffer.finished) ?? .nothing
        }
        let step = segment.next()
        waiting[0].contents = .segment(segment)
        switch step {
        case .window(let request): return .window(request)
        case .whole(let evidence, let precedingText):
            return .whole(
                FinalRequest(
                    model: segment.served.model, decoding: pipeline.decoding, evidence: evidence,
                    precedingText: precedingText))
        case .done(let reading): return .finished(publish(reading, failure: nil, frames: 0))
        }
    }

    func receiveFinalWindow(_ output: OutputSequence) {
        guard case .segment(var segment) = waiting.first?.contents else { return input.receiveOwed(output) }
        segment.receive(output)
        waiting[0].contents = .segment(segment)
    }

    func finish(_ recognition: Result<Recognition, any Error>) -> FinishedSegment? {
        guard let first = waiting.first else {
            // A part of the open segment could not be read to its end.
            input.giveUpReading()
            return nil
        }
        guard case .segment(let segment) = first.contents else {
            guard case .givenUp(let reason) = first.contents else { return nil }
            return publish(.nothing, failure: reason, frames: 0)
        }
        switch recognition {
        case .success(let recognition):
            let reading = segment.reading(of: recognition, alternatives: pipeline.alternatives)
            return publish(reading, failure: nil, frames: recognition.frames)
        case .failure(let error): return publish(.nothing, failure: "\(error)", frames: 0)
        }
    }

    /// The oldest waiting segment gets its final.
    private func publish(_ reading: SegmentReading, failure: String?, frames: Int) -> FinishedSegment {
        let first = waiting.removeFirst()
        waitingWork.frames -= first.work.frames
        waitingWork.bytes -= first.work.bytes
        let event = event(
            reading, first.facts, generation: first.generation, number: first.number, ending: first.ending,
            failure: failure, first.due)
        var finished = FinishedSegment(event: event, pipeline: pipeline.name, writer: first.writer)
        if case .segment(let segment) = first.contents {
            finished.evidence = segment.evidence
            (finished.frames, finished.duration) = (frames, segment.duration)
        }
        return finished
    }

    func giveUpNewestFinal(because reason: String) -> Bool {
        let newest = waiting.lastIndex { if case .segment = $0.contents { true } else { false } }
        guard let newest else { return false }
        waitingWork.frames -= waiting[newest].work.frames
        waitingWork.bytes -= waiting[newest].work.bytes
        waiting[newest].contents = .givenUp(reason)
        waiting[newest].work = WaitingWork(frames: 0, bytes: MemoryLayout<Waiting>.stride + reason.utf8.count)
        waitingWork += waiting[newest].work
        return true
    }

    // MARK: What others ask

    /// A packet's input becomes less than so many times its bytes: samples, strokes and lines, features, the state of network and decoder.
    private static var growth: Int { 32 }

    func keeps(atLeast bytes: Int) -> Bool {
        guard mostBytes >= bytes else { return false }
        mostBytes = byteCount
        return mostBytes >= bytes
    }

    var isIdle: Bool { !input.isOpen && waiting.isEmpty && begun == nil }

    var byteCount: Int {
        512 + hello.channels.reduce(0) { $0 + MemoryLayout<String>.stride + $1.utf8.count } + input.byteCount
            + waitingWork.bytes
    }

    var summary: SessionSummary {
        SessionSummary(
            stream: stream, pipeline: pipeline.name, writer: hello.writer, device: hello.device,
            generation: input.served?.generation, segment: numbering.segment, isOpen: input.isOpen,
            samples: totals.samples, segments: numbering.segments, gaps: totals.gaps, dirtySamples: totals.dirty,
            byteCount: byteCount, lastActivity: totals.lastActivity, text: totals.text)
    }
}
