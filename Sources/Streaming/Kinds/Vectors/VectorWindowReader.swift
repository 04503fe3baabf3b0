import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// Reads one uninterrupted stretch of a sensor's vectors window by window: frames while vectors arrive, the network's state carried from
/// chunk to chunk, and what is final smoothed (labels) or decoded (text).
///
/// Vectors are counted in the segment. Memory is bounded by the window and, for text, by the segment.
final class VectorWindowReader {
    private let served: Served
    private let window: WindowRule
    private let configuration: VectorConfiguration
    private var resampler: VectorResampler
    private var extractor: IncrementalVectorExtractor
    private let state: NetworkState
    /// Numbers for each output frame. The architecture counts them anew each time.
    private let labels: Int
    /// Frames from `firstFrame` on; those before `committed` were committed and wait to be dropped.
    private var frames: [Float] = []
    private var firstFrame = 0
    private var committed: Int { state.inputFrames - firstFrame }
    /// The origins of the frames from `firstOrigin` on.
    private var origins: [VectorOrigin] = []
    private var firstOrigin = 0
    /// The time of each of them, by the clock that its vectors came with, for models that label frames.
    private var times: [ClosedRange<Int64>?] = []
    /// One of the two, as the model's task is.
    private var labeler: FrameLabeler?
    private var decoder: (any StreamDecoder)?

    // Scratch
    private var resampled: [Float] = []
    private var ends: [Int] = []

    /// The provisional reading of the open tail, after the last window.
    private(set) var tail: [SpanLog.Frame] = []
    /// The text so far; for models that transcribe.
    private(set) var hypothesis = Hypothesis(symbols: [], score: 0, ctcLogProbability: 0)
    private(set) var stable = 0
    /// Output frames whose labels are decided.
    private var decided = 0
    private let start: Int

    /// - Parameter start: number of the first vector in the segment.
    init(
        served: Served, configuration: VectorConfiguration, pipeline: Pipeline, normalization: RunningNormalization?,
        start: Int
    ) {
        self.served = served
        self.configuration = configuration
        self.start = start
        let model = served.model
        window = pipeline.window.reduced(by: model.network.architecture.lookahead)
        resampler = VectorResampler(channels: configuration.channels.count, rate: configuration.rate)
        extractor = IncrementalVectorExtractor(
            configuration, substitutes: model.standardization.mean, normalization: normalization, start: start)
        state = model.network.makeState()
        labels = model.network.architecture.output
        switch model.task.form {
        case .transcription:
            decoder = pipeline.decoding.decoder(for: model)
        case .frameLabels:
            labeler = FrameLabeler(model, lookahead: window.lookahead / model.network.architecture.stride)
        }
    }

    var normalization: RunningNormalization? { extractor.normalization }
    var byteCount: Int {
        (frames.capacity + resampled.capacity) * MemoryLayout<Float>.stride + ends.capacity * MemoryLayout<Int>.stride
            + origins.capacity * MemoryLayout<VectorOrigin>.stride + times.capacity
            * MemoryLayout<ClosedRange<Int64>?>.stride
            + state.byteCount + 2_048
    }

    // MARK: Vectors come in

    /// Takes vectors; the first is number `first` of the segment. `clock` tells when they were.
    ///
    /// - Returns: the vectors at the model's rate, and for each how many vectors of the publisher have come by then.
    func append(
        _ values: some RandomAccessCollection<Float>, rate: Double, first: Int, clock: VectorClock
    ) -> (vectors: [Float], ends: [Int]) {
        resampled.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        resampler.append(values, rate: rate, into: &resampled, sources: &ends)
        for index in ends.indices { ends[index] += first + 1 }
        extractor.append(resampled, ends: ends, into: &frames, origins: &origins)
        stamp(by: clock)
        return (resampled, ends)
    }

    /// Nothing follows: gives the frames that waited for more.
    func close(clock: VectorClock) {
        extractor.finish(into: &frames, origins: &origins)
        stamp(by: clock)
    }

    private func stamp(by clock: VectorClock) {
        guard labeler != nil else { return }
        for origin in origins[times.count...] { times.append(clock.time(of: origin.vectors)) }
    }

    // MARK: Windows

    /// The first vector that no decided label covers.
    var firstUndecided: Int {
        let origin = min(decided * served.model.network.architecture.stride - firstOrigin, origins.count)
        return origin < origins.count
            ? origins[max(0, origin)].vectors.lowerBound : origins.last?.vectors.upperBound ?? start
    }

    /// One past the last vector of its frames.
    var end: Int { origins.last?.vectors.upperBound ?? start }

    var pendingFrames: Int { frames.count / configuration.dimension - committed }
    /// Whether no further chunk can be committed: what the last window has not seen waits for the next hop.
    private(set) var hasCaughtUp = true

    /// A label that is final stays so, and must not depend on when its frame was read. A text's final is read anew: until then the newest
    /// frames count.
    private func plan(pending: Int) -> (frames: Int, chunk: Int) {
        labeler == nil ? window.plan(pending: pending) : window.steadyPlan(pending: pending)
    }

    /// The next window, if there are frames to read.
    func nextWindow() -> WindowRequest? {
        let plan = plan(pending: pendingFrames)
        guard plan.frames > 0 else { return nil }
        hasCaughtUp = self.plan(pending: pendingFrames - plan.chunk).chunk == 0
        return request(frames: plan.frames, chunk: plan.chunk, isEnd: false)
    }

    /// The next window towards the end of the stretch; nil once all was read.
    func nextClosingWindow() -> WindowRequest? {
        guard !state.hasEnded, state.inputFrames + pendingFrames > 0 else {
            tail.removeAll()
            return nil
        }
        let plan = plan(pending: pendingFrames)
        guard plan.chunk == 0 else { return request(frames: plan.frames, chunk: plan.chunk, isEnd: false) }
        // The last window may be empty: convolutions still owe the frames that waited for it.
        return request(frames: pendingFrames, chunk: pendingFrames, isEnd: true)
    }

    private func request(frames count: Int, chunk: Int, isEnd: Bool) -> WindowRequest {
        WindowRequest(
            network: served.model.network, standardization: served.model.standardization,
            rows: frames[(committed * configuration.dimension)..<((committed + count) * configuration.dimension)],
            state: state, chunk: chunk, isEnd: isEnd)
    }

    /// Takes the network's output for the last window.
    func receive(_ output: OutputSequence, into spans: inout SpanLog) {
        let posteriors = Posteriors(output.values, frames: output.frames, labels: labels)
        read(posteriors, final: output.final, into: &spans)
        dropCommitted()
    }

    /// All at once where few are left behind them, so that a long packet's frames are not moved at each chunk.
    private func dropCommitted() {
        guard committed > 0, committed >= pendingFrames else { return }
        frames.removeFirst(committed * configuration.dimension)
        firstFrame = state.inputFrames
    }

    // MARK: Reading

    private func read(_ posteriors: Posteriors, final: Int, into spans: inout SpanLog) {
        if let labels = labeler?.advance(posteriors, chunk: final) {
            decide(labels[..<final], into: &spans)
            tail.removeAll(keepingCapacity: true)
            for label in labels[final...] { tail.append(frame(decided + tail.count, label)) }
        }
        decoder?.advance(posteriors[0..<final])
        if let read = decoder?.read(tail: posteriors[final..<posteriors.frames]) {
            (hypothesis, stable) = (read.hypothesis, read.stable)
        }
    }

    private func decide(_ labels: ArraySlice<FrameLabel>, into spans: inout SpanLog) {
        for label in labels {
            spans.decide(frame(decided, label))
            decided += 1
        }
        // Origins of decided frames are not asked for again; dropped many at a time.
        let done = min(decided * served.model.network.architecture.stride - firstOrigin, origins.count - 1)
        guard done > 256 else { return }
        origins.removeFirst(done)
        times.removeFirst(done)
        firstOrigin += done
    }

    private func frame(_ number: Int, _ label: FrameLabel) -> SpanLog.Frame {
        let stride = served.model.network.architecture.stride
        let first = min(max(0, number * stride - firstOrigin), origins.count - 1)
        let last = min(first + stride, origins.count) - 1
        let vectors = origins[first].vectors.lowerBound..<origins[last].vectors.upperBound
        let isMissing = origins[first...last].allSatisfy(\.isMissing)
        return SpanLog.Frame(
            name: isMissing ? SpanLog.unknown : served.model.alphabet.symbols[label.label],
            confidence: isMissing ? 0 : label.confidence,
            vectors: vectors, time: Self.span(times[first], times[last]))
    }

    private static func span(_ first: ClosedRange<Int64>?, _ last: ClosedRange<Int64>?) -> ClosedRange<Int64>? {
        guard let first, let last else { return nil }
        return first.lowerBound...max(first.lowerBound, last.upperBound)
    }

    /// The origin of each frame; of all frames if the model transcribes.
    var frameOrigins: [FrameOrigin] {
        origins.map {
            FrameOrigin(
                stroke: 0, firstSample: Int32(clamping: $0.vectors.lowerBound),
                endSample: Int32(clamping: $0.vectors.upperBound))
        }
    }

    /// Puts readings of this stretch back onto its vectors.
    func recognition(of hypotheses: [Hypothesis]) -> Recognition {
        Recognition(hypotheses, origins: frameOrigins, model: served.model)
    }
}

/// The times of a segment's vectors on the sensor's clock.
struct VectorClock: Equatable {
    /// Vector `number` was at `time` (µs); from there on they are 1 / rate apart.
    var number = 0
    var time: Int64?
    var rate: Double

    func time(of vectors: Range<Int>) -> ClosedRange<Int64>? {
        guard let time else { return nil }
        func at(_ vector: Int) -> Int64? {
            let offset = Double(vector - number) / rate * 1e6
            guard abs(offset) < 1e15 else { return nil }
            let (sum, overflow) = time.addingReportingOverflow(Int64(offset.rounded()))
            return overflow ? nil : sum
        }
        guard let first = at(vectors.lowerBound), let last = at(vectors.upperBound) else { return nil }
        return first...max(first, last)
    }
}
