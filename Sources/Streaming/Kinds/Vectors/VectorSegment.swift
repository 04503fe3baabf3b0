import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// One segment of a sensor's stream: stretches of vectors without a break, their readings, and the losses between them.
final class VectorSegment: EndedSegment {
    let served: Served
    let configuration: VectorConfiguration
    private let pipeline: Pipeline
    /// The places of the model's channels in the publisher's vectors; nil if the publisher does not name them.
    private var order: ChannelOrder?
    private var clock: VectorClock
    private var reading: VectorWindowReader
    /// Stretches that are over and wait to be read to their end, each with what is to be said of the gap behind it.
    private var ended: [(reading: VectorWindowReader, gap: SpanLog.Frame?)] = []
    private var spans = SpanLog()
    private var prefix: CommittedPrefix
    /// All vectors at the model's rate, missing ones as NaN: a transcription's final reads them again, exactly; a correction refers to them.
    private var recording: [Float] = []
    /// For each of them how many vectors of the publisher had come by then; where a text's symbols are put back onto those.
    private var ends: [Int32] = []
    private var isClosed = false
    /// A gap was too long to be kept.
    private var isTorn = false
    /// Vectors of the publisher so far, those that are missing among them.
    private(set) var count = 0
    private var lastRate: Float?
    var gaps = LabelEvent.Gaps()

    /// A gap up to so many seconds is bridged: its vectors count as missing. Beyond it labels begin anew; a text goes on, since words
    /// are lost but not their order.
    static let bridge = 0.5

    init(served: Served, configuration: VectorConfiguration, pipeline: Pipeline, normalization: RunningNormalization?) {
        self.served = served
        self.configuration = configuration
        self.pipeline = pipeline
        clock = VectorClock(rate: configuration.rate)
        prefix = CommittedPrefix(of: served.model, decoding: pipeline.decoding)
        reading = VectorWindowReader(
            served: served, configuration: configuration, pipeline: pipeline, normalization: normalization, start: 0)
    }

    private var transcribes: Bool { served.model.task == .transcription }
    /// Mean and deviation for the stream's next segment.
    var normalization: RunningNormalization? { reading.normalization?.faded }

    // MARK: Vectors come in

    /// The publisher's vectors have these channels from now on; none: those of the model.
    func name(channels: [String]) {
        order = channels.isEmpty ? nil : ChannelOrder(of: configuration.channels, among: channels)
    }

    /// Takes vectors that follow what came before as `place` says.
    func append(_ frames: FeatureFrames, at place: VectorTimeline.Place) {
        let rate = Double(frames.rate)
        switch place {
        case .next: break
        case .missing(let vectors):
            let bridged = Int((Self.bridge * rate).rounded(.up))
            if vectors <= bridged {
                appendMissing(vectors, rate: rate)
            } else if transcribes {
                appendMissing(bridged, rate: rate)
            } else {
                recordGap(of: Double(vectors) / rate)
                breakOff(for: vectors)
            }
        case .jump:
            gaps.clockJumps = gaps.clockJumps.addingSaturating(1)
            if !transcribes { breakOff(for: 0) }
        }
        // Each packet is brought to the model's rate from its own; that the rate changed is told, since a sensor seldom means it.
        if let last = lastRate, last != frames.rate { gaps.rateChanges = gaps.rateChanges.addingSaturating(1) }
        lastRate = frames.rate
        clock = VectorClock(number: count, time: frames.time ?? clock.time(of: count..<count)?.lowerBound, rate: rate)
        append(frames)
    }

    /// Takes more vectors of the packet that was appended last.
    func append(_ frames: FeatureFrames) {
        let rate = Double(frames.rate)
        guard let values = arranged(frames) else {
            gaps.dirtySamples = gaps.dirtySamples.addingSaturating(UInt64(frames.count))
            return appendMissing(frames.count, rate: rate)
        }
        gaps.dirtySamples = gaps.dirtySamples.addingSaturating(dirtyVectors(values))
        append(values, rate: rate)
    }

    /// The packet's numbers as the model reads them; nil where there are too few or too many.
    private func arranged(_ frames: FeatureFrames) -> [Float]? {
        guard frames.channels == order?.width ?? configuration.channels.count else { return nil }
        return order?.arrange(frames.values) ?? frames.values
    }

    /// Vectors with a number that is missing.
    private func dirtyVectors(_ values: [Float]) -> UInt64 {
        let channels = configuration.channels.count
        return values.withUnsafeBufferPointer { values in
            var dirty: UInt64 = 0
            for row in stride(from: 0, to: values.count, by: channels) {
                var isClean = true
                for index in row..<(row + channels) where !values[index].isFinite { isClean = false }
                if !isClean { dirty += 1 }
            }
            return dirty
        }
    }

    private func appendMissing(_ vectors: Int, rate: Double) {
        append(repeatElement(.nan, count: vectors * configuration.channels.count), rate: rate)
    }

    private func append(_ values: some RandomAccessCollection<Float>, rate: Double) {
        let taken = reading.append(values, rate: rate, first: count, clock: clock)
        if !isTorn {
            recording += taken.vectors
            if transcribes { for end in taken.ends { ends.append(Int32(clamping: end)) } }
        }
        count += values.count / configuration.channels.count
    }

    /// Seconds count from the segment's begin, gaps among them.
    private func recordGap(of seconds: Double) {
        let vectors = seconds * configuration.rate
        isTorn = isTorn || vectors > Double(pipeline.endpoint.maximumSamples)
        if isTorn {
            recording = []
        } else {
            recording += repeatElement(.nan, count: Int(vectors) * configuration.channels.count)
        }
    }

    /// The stretch is over, and `vectors` are missing behind it.
    private func breakOff(for vectors: Int) {
        let range = count..<(count + vectors)
        let gap = SpanLog.Frame(name: SpanLog.unknown, confidence: 0, vectors: range, time: clock.time(of: range))
        reading.close(clock: clock)
        ended.append((reading, vectors > 0 ? gap : nil))
        count += vectors
        reading = VectorWindowReader(
            served: served, configuration: configuration, pipeline: pipeline, normalization: nil, start: count)
    }

    // MARK: Reading

    /// Stretches wait to be read to their end: before that, no window.
    var hasEndedStretches: Bool { !ended.isEmpty }
    var hasCaughtUp: Bool { reading.hasCaughtUp }

    func nextWindow() -> WindowRequest? { reading.nextWindow() }
    func receiveWindow(_ output: OutputSequence) { reading.receive(output, into: &spans) }

    /// The next window of the stretches that are over; nil once all of them were read.
    func nextOwedWindow() -> WindowRequest? {
        while let (reading, gap) = ended.first {
            if let request = reading.nextClosingWindow() { return request }
            finishStretch(gap)
        }
        return nil
    }

    func receiveOwed(_ output: OutputSequence) { ended.first?.reading.receive(output, into: &spans) }

    private func finishStretch(_ gap: SpanLog.Frame?) {
        ended.removeFirst()
        spans.close()
        if let gap { spans.decide(gap) }
    }

    /// The network failed: what was not decided of the stretch stays unknown, and reading begins anew behind it.
    func giveUpReading() {
        if let (reading, gap) = ended.first {
            markUnknown(reading.firstUndecided..<(gap?.vectors.lowerBound ?? reading.end))
            return finishStretch(gap)
        }
        markUnknown(reading.firstUndecided..<count)
        spans.close()
        reading = VectorWindowReader(
            served: served, configuration: configuration, pipeline: pipeline, normalization: reading.normalization,
            start: count)
    }

    private func markUnknown(_ vectors: Range<Int>) {
        guard !transcribes, !vectors.isEmpty else { return }
        spans.close()
        spans.decide(
            SpanLog.Frame(name: SpanLog.unknown, confidence: 0, vectors: vectors, time: clock.time(of: vectors)))
    }

    /// Something was read that no event has told.
    var hasNews: Bool { spans.hasNews }

    /// The reading so far.
    func partial() -> SegmentReading {
        if transcribes {
            let calibrated = served.model.calibrated(reading.hypothesis, from: pipeline.decoding)
            let recognition = reading.recognition(of: [calibrated])
            let symbols = prefix.merge(recognition.symbols.map(symbol), stable: reading.stable)
            return SegmentReading(
                text: symbols.reduce(into: "") { $0 += $1.text }, committed: prefix.length, symbols: symbols)
        }
        let text = reading.tail.last?.name ?? spans.last ?? ""
        return SegmentReading(text: text, spans: spans.news(tail: reading.tail))
    }

    // MARK: The final

    var facts: SegmentFacts { SegmentFacts(count: count, gaps: gaps) }

    var frames: Int {
        transcribes
            ? recording.count / max(1, configuration.channels.count * configuration.stack)
            : reading.pendingFrames + ended.reduce(0) { $0 + $1.reading.pendingFrames }
    }

    /// The whole segment, exactly as off line, where it transcribes; else its rest.
    func next() -> FinalStep {
        if let request = nextOwedWindow() { return .window(request) }
        if !isClosed {
            isClosed = true
            reading.close(clock: clock)
        }
        if transcribes {
            return evidence.map { .whole($0, precedingText: "") } ?? .done(.nothing)
        }
        if let request = reading.nextClosingWindow() { return .window(request) }
        spans.close()
        let text = spans.names.joined(separator: " ")
        return .done(SegmentReading(text: text, committed: text.unicodeScalars.count, spans: spans.news()))
    }

    func receive(_ output: OutputSequence) {
        if hasEndedStretches { receiveOwed(output) } else { receiveWindow(output) }
    }

    func reading(of recognition: Recognition, alternatives: Int) -> SegmentReading {
        SegmentReading(
            text: recognition.text, committed: recognition.text.unicodeScalars.count,
            symbols: recognition.symbols.map { symbol in
                var placed = symbol
                placed.samples = published(symbol.samples)
                return self.symbol(placed)
            },
            alternatives: LabelEvent.alternatives(of: recognition, limit: alternatives))
    }

    /// The publisher's vectors that vectors of the recording come from.
    private func published(_ vectors: Range<Int>) -> Range<Int> {
        func end(_ vectors: Int) -> Int { vectors > 0 && !ends.isEmpty ? Int(ends[min(vectors, ends.count) - 1]) : 0 }
        let first = end(vectors.lowerBound)
        return first..<max(first, end(vectors.upperBound))
    }

    private func symbol(_ symbol: RecognizedSymbol) -> LabelEvent.Symbol {
        LabelEvent.Symbol(
            text: symbol.text, confidence: symbol.confidence, time: clock.time(of: symbol.samples),
            samples: symbol.samples,
            strokes: 0..<0)
    }

    var evidence: Evidence? {
        guard !isTorn else { return nil }
        return .vectors(
            SensorVectors(channels: configuration.channels, rate: configuration.rate, values: recording))
    }

    var byteCount: Int {
        256 + reading.byteCount + ended.reduce(0) { $0 + $1.reading.byteCount } + spans.byteCount
            + recording.capacity * MemoryLayout<Float>.stride + ends.capacity * MemoryLayout<Int32>.stride
    }
}
