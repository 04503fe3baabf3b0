import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition

/// Reads the open segment of an ink stream window by window: features with a frozen slope and scale, the network's state carried
/// from chunk to chunk, the beam advanced on what is final, the open tail read behind it.
///
/// When the ink's own slope or scale has drifted too far from the frozen ones, it begins anew with the ink so far.
final class InkWindowReader {
    /// Share by which the scale may be off before the reading begins anew.
    static let toleratedDrift: Float = 0.15
    /// Ink, in frames, that outweighs the scale of the segment before: some three letters.
    static let tellingFrames = 48
    /// The ink must have grown so much since the reading last began anew: however the scale wanders, the work stays in proportion.
    static let growthToBeginAgain = 1.6

    let served: Served
    private let decoding: Recognizer.Decoding
    private let window: WindowRule
    private let precedingText: String
    /// Frames before which a drift is not answered.
    private var framesToBeginAgain: Int
    // As in `InkInput`.
    @exclusivity(unchecked) private var extractor: IncrementalFeatureExtractor
    @exclusivity(unchecked) private var features: Features
    private let state: NetworkState
    /// Numbers for each output frame. The architecture counts them anew each time.
    private let labels: Int
    private var decoder: any StreamDecoder
    private var prefix: CommittedPrefix
    /// Samples and strokes of the segment that the extractor has seen.
    @exclusivity(unchecked) private var seenSamples = 0
    private var seenStrokes = 0
    private var strokeIsOpen = false
    /// The reading so far, the open tail included, and the number of its first symbols that no later frame changes.
    private var hypothesis = Hypothesis(symbols: [], score: 0, ctcLogProbability: 0)
    private var stable = 0
    private var tailWasRead = false

    /// - Parameter isProven: the normalization served the stream's last segment.
    init(
        served: Served, configuration: FeatureConfiguration, decoding: Recognizer.Decoding, window: WindowRule,
        precedingText: String,
        normalization: SegmentNormalization, isProven: Bool
    ) {
        self.served = served
        self.decoding = decoding
        self.window = window
        self.precedingText = precedingText
        prefix = CommittedPrefix(of: served.model, decoding: decoding)
        framesToBeginAgain = isProven ? Self.tellingFrames : 0
        extractor = IncrementalFeatureExtractor(configuration, normalization: normalization)
        features = Features(dimension: configuration.dimension)
        state = served.model.network.makeState()
        labels = served.model.network.architecture.output
        decoder = decoding.decoder(for: served.model)
        decoder.reset(precedingText: precedingText)
    }

    /// Takes the ink that came since the last call. `penIsDown`: the newest stroke goes on.
    func extend(with ink: InkSegment, penIsDown: Bool) {
        feed(ink, penIsDown: penIsDown)
        guard extractor.drift > Self.toleratedDrift, features.count >= framesToBeginAgain else { return }
        beginAgain(with: extractor.estimate)
        feed(ink, penIsDown: penIsDown)
        framesToBeginAgain = Int(Double(features.count) * Self.growthToBeginAgain)
    }

    /// Strokes were taken back: forgets everything that was read.
    func forget() {
        prefix.forget()
        beginAgain(with: extractor.normalization)
    }

    /// Frames that are not final yet.
    var pendingFrames: Int { features.count - state.inputFrames }
    /// Whether all frames so far were in a window.
    private(set) var hasCaughtUp = true

    /// The next window, if there are frames to read. At rest, the ink is read as if it ended here, so that its last letter shows; nothing
    /// becomes final by that.
    func nextWindow(atRest: Bool) -> WindowRequest? {
        let plan = window.plan(pending: pendingFrames)
        guard plan.frames > 0 else { return nil }
        let first = state.inputFrames
        let rows = features.values[first * features.dimension..<(first + plan.frames) * features.dimension]
        hasCaughtUp = plan.frames == pendingFrames && (!atRest || plan.chunk == 0)
        tailWasRead = atRest && hasCaughtUp
        return WindowRequest(
            network: served.provisional, standardization: served.model.standardization, rows: rows,
            state: tailWasRead ? state.copy() : state, chunk: tailWasRead ? plan.frames : plan.chunk,
            isEnd: tailWasRead)
    }

    /// Takes the network's output for the last window.
    func receive(_ output: OutputSequence) {
        let final = tailWasRead ? 0 : output.final
        let posteriors = Posteriors(output.values, frames: output.frames, labels: labels)
        decoder.advance(posteriors[0..<final])
        let read = decoder.read(tail: posteriors[final..<output.frames])
        hypothesis = read.hypothesis
        stable = read.stable
    }

    /// The reading so far, and how many scalars of it are promised.
    func partial(of ink: InkSegment) -> (symbols: [LabelEvent.Symbol], committed: Int) {
        let model = served.model
        let calibrated = model.calibrated(hypothesis, from: decoding)
        let recognition = Recognition([calibrated], origins: features.origins, model: model)
        let symbols = prefix.merge(recognition.symbols.map { LabelEvent.Symbol($0, in: ink) }, stable: stable)
        return (symbols, prefix.length)
    }

    var byteCount: Int {
        features.values.capacity * MemoryLayout<Float>.stride + features.origins.capacity
            * MemoryLayout<FrameOrigin>.stride
            + state.byteCount + decoder.byteCount
    }

    private func feed(_ ink: InkSegment, penIsDown: Bool) {
        while seenSamples < ink.samples.count {
            if seenStrokes < ink.spans.count, ink.spans[seenStrokes].first == seenSamples {
                liftPen()
                seenStrokes += 1
                strokeIsOpen = true
            }
            extractor.append(ink.samples[seenSamples], into: &features)
            seenSamples += 1
        }
        if !penIsDown { liftPen() }
    }

    private func liftPen() {
        guard strokeIsOpen else { return }
        strokeIsOpen = false
        extractor.penUp(into: &features)
    }

    private func beginAgain(with normalization: SegmentNormalization) {
        extractor.reset(normalization: normalization)
        features.removeAll()
        state.reset()
        decoder.reset(precedingText: precedingText)
        seenSamples = 0
        seenStrokes = 0
        strokeIsOpen = false
        hypothesis = Hypothesis(symbols: [], score: 0, ctcLogProbability: 0)
        stable = 0
    }
}

extension LabelEvent.Symbol {
    /// A recognized symbol with the pen's time of its samples.
    init(_ symbol: RecognizedSymbol, in ink: InkSegment) {
        var time: ClosedRange<Int64>?
        for index in symbol.samples.clamped(to: 0..<ink.samples.count) {
            guard let at = ink.samples[index].time else { continue }
            time = time.map { min($0.lowerBound, at)...max($0.upperBound, at) } ?? at...at
        }
        self.init(
            text: symbol.text, confidence: symbol.confidence, time: time, samples: ink.sent(symbol.samples),
            strokes: symbol.strokes)
    }
}
