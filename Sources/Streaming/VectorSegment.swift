import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// One segment of a sensor's stream: stretches of vectors without a break, what was read of them, and what was lost between them.
final class VectorSegment {
    let served: Served
    private let configuration: VectorConfiguration
    private let pipeline: Pipeline
    /// Where the model's channels stand in the publisher's vectors; nil where the publisher does not name them.
    private var order: ChannelOrder?
    private var clock: VectorClock
    private var reading: VectorReading
    /// Stretches that are over and wait to be read to their end, each with what is to be said of the gap behind it.
    private var ended: [(reading: VectorReading, gap: SpanLog.Frame?)] = []
    private var spans = SpanLog()
    private var prefix: CommittedPrefix
    /// All vectors at the model's rate, missing ones as NaN: a transcription's final reads them again, exactly; a correction refers to them.
    private var recording: [Float] = []
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
        reading = VectorReading(
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
        guard let values = arranged(frames) else {
            gaps.dirtySamples = gaps.dirtySamples.addingSaturating(UInt64(frames.count))
            return appendMissing(frames.count, rate: rate)
        }
        gaps.dirtySamples = gaps.dirtySamples.addingSaturating(dirtyVectors(values))
        take(values, rate: rate)
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
        take(repeatElement(.nan, count: vectors * configuration.channels.count), rate: rate)
    }

    private func take(_ values: some RandomAccessCollection<Float>, rate: Double) {
        let vectors = reading.append(values, rate: rate, first: count, clock: clock)
        if !isTorn { recording += vectors }
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
        reading = VectorReading(
            served: served, configuration: configuration, pipeline: pipeline, normalization: nil, start: count)
    }

    // MARK: Reading

    /// Stretches wait to be read to their end: before that, no window.
    var hasEndedStretches: Bool { !ended.isEmpty }
    var hasCaughtUp: Bool { reading.hasCaughtUp }

    func addWindow(to windows: WindowGroups, session: any Session) -> Bool {
        reading.addWindow(to: windows, session: session)
    }
    func take(_ output: OutputSequence) { reading.take(output, into: &spans) }

    /// Reads stretches that are over to their end.
    func finishStretches(with workspace: Workspace) throws(NetworkError) {
        while !ended.isEmpty {
            let (reading, gap) = ended.removeFirst()
            try reading.finish(with: workspace, into: &spans)
            spans.close()
            if let gap { spans.decide(gap) }
        }
    }

    /// Something was read that no event has told.
    var hasNews: Bool { spans.hasNews }

    /// What was read so far.
    func partial() -> Reading {
        if transcribes {
            let calibrated = served.model.calibration.apply(to: reading.hypothesis, from: pipeline.decoding)
            let recognition = reading.recognition(of: [calibrated])
            let symbols = prefix.merge(recognition.symbols.map(symbol), stable: reading.stable)
            return Reading(
                text: symbols.reduce(into: "") { $0 += $1.text }, committed: prefix.length, symbols: symbols, spans: [],
                alternatives: [])
        }
        let text = reading.tail.last?.name ?? spans.last ?? ""
        return Reading(text: text, committed: 0, symbols: [], spans: spans.news(tail: reading.tail), alternatives: [])
    }

    /// The whole segment, exactly as off line where it transcribes.
    func final(with readers: Readers) throws -> Reading {
        try finishStretches(with: readers.workspace)
        reading.close(clock: clock)
        guard transcribes else {
            try reading.finish(with: readers.workspace, into: &spans)
            spans.close()
            let text = spans.names.joined(separator: " ")
            return Reading(
                text: text, committed: text.unicodeScalars.count, symbols: [], spans: spans.news(), alternatives: [])
        }
        var features = Features(dimension: configuration.dimension)
        features.values = VectorExtractor(configuration).frames(recording, rate: configuration.rate)
        let mean = served.model.standardization.mean
        for index in features.values.indices where !features.values[index].isFinite {
            features.values[index] = mean[index % mean.count]
        }
        features.origins = reading.frameOrigins
        let recognition = try readers.recognizer(for: served.model, decoding: pipeline.decoding).recognize(features)
        return Reading(
            text: recognition.text, committed: recognition.text.unicodeScalars.count,
            symbols: recognition.symbols.map(symbol), spans: [],
            alternatives: LabelEvent.alternatives(of: recognition, limit: pipeline.alternatives))
    }

    /// What is known of the segment, as an event tells it.
    struct Reading {
        var text: String
        var committed: Int
        var symbols: [LabelEvent.Symbol]
        var spans: [LabelEvent.Span]
        var alternatives: [LabelEvent.Alternative]

        static let nothing = Reading(text: "", committed: 0, symbols: [], spans: [], alternatives: [])
    }

    private func symbol(_ symbol: RecognizedSymbol) -> LabelEvent.Symbol {
        LabelEvent.Symbol(
            text: symbol.text, confidence: symbol.confidence, time: clock.time(of: symbol.samples),
            samples: symbol.samples,
            strokes: 0..<0)
    }

    /// The vectors that a correction refers to; nil where too many of them are missing.
    var recordedVectors: [Float]? { isTorn ? nil : recording }

    var byteCount: Int {
        256 + reading.byteCount + ended.reduce(0) { $0 + $1.reading.byteCount } + spans.byteCount
            + recording.capacity * MemoryLayout<Float>.stride
    }
}
