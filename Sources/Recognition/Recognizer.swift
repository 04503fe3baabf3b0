import DuctusDecoding
import DuctusInk

/// Reads whole segments with a model: what `ductus recognize` prints and the daemon's finals are made of.
///
/// Keeps its memory from segment to segment; used by one thread at a time.
public final class Recognizer {
    /// The decoder that turns posteriors into text.
    public let decoding: Decoding
    /// How many readings a recognition lists at most.
    public var alternatives = 5
    /// How many candidates it gives for each word; 0 gives no words.
    public var wordCandidates = 0
    /// The model in use; another generation of it may be set between segments.
    public private(set) var model: Model
    private let reader = FrameReader()
    private var decoder: any StreamDecoder

    /// A recognizer of a model. A model that does not transcribe has no use for `decoding`.
    public init(model: Model, decoding: Decoding = .beam) {
        self.model = model
        self.decoding = decoding
        decoder = model.task.form == .transcription ? decoding.decoder(for: model) : BestPath()
    }

    /// A recognizer that reads with a decoder of your own; `decoding` tells which calibration it needs.
    public convenience init(model: Model, decoder: any StreamDecoder, calibratedAs decoding: Decoding) {
        self.init(model: model, decoding: decoding)
        self.decoder = decoder
    }

    /// Takes another generation of the same model: same input, alphabet and decoder.
    public func use(_ generation: Model) {
        model = generation
    }

    /// Reads several segments in one pass of the network; each as it would be read alone.
    ///
    /// - Throws: `ModelError.wrongInput`, `SensorFileError`: then none was read.
    public func recognize(_ evidence: [Evidence], precedingTexts: [String]) throws -> [Recognition] {
        try reader.read(evidence, with: model) { index, reading in
            guard !reading.origins.isEmpty else { return .nothing }
            return recognition(
                of: reading.posteriors, precedingText: precedingTexts[index], origins: reading.origins)
        }
    }

    /// Decodes a segment's posteriors, and finds the ink of each symbol.
    private func recognition(
        of posteriors: Posteriors, precedingText: String, origins: [FrameOrigin]
    ) -> Recognition {
        guard wordCandidates > 0 else {
            return Recognition(read(posteriors, precedingText: precedingText), origins: origins, model: model)
        }
        let all = read(posteriors, precedingText: precedingText, limit: max(alternatives, model.decoder.beamWidth))
        var recognition = Recognition(Array(all.prefix(max(1, alternatives))), origins: origins, model: model)
        recognition.words = recognition.words(
            among: all, alphabet: model.alphabet, separator: model.script.wordSeparator, limit: wordCandidates)
        return recognition
    }

    /// The readings of a segment's posteriors, best first, confidences calibrated.
    public func read(_ posteriors: Posteriors, precedingText: String = "") -> [Hypothesis] {
        read(posteriors, precedingText: precedingText, limit: alternatives)
    }

    private func read(_ posteriors: Posteriors, precedingText: String, limit: Int) -> [Hypothesis] {
        decoder.reset(precedingText: precedingText)
        decoder.advance(posteriors)
        let hypotheses = decoder.finish(limit: limit)
        return hypotheses.map { model.calibrated($0, from: decoding) }
    }
}

extension Recognition {
    /// The recognition of a segment without ink.
    public static let nothing = Recognition(text: "", symbols: [], alternatives: [], frames: 0)

    /// Finds the ink of each symbol of some readings.
    ///
    /// A symbol owns the ink from half-way after the symbol before to half-way before the symbol after: CTC marks a symbol with
    /// a short peak, not with its extent (Graves et al. 2006).
    ///
    /// - Parameters:
    ///   - hypotheses: best first; their frames are the network's output frames.
    ///   - origins: the origins of the network's input frames.
    public init(_ hypotheses: [Hypothesis], origins: [FrameOrigin], model: Model) {
        guard let best = hypotheses.first else {
            self = .nothing
            return
        }
        let stride = model.network.architecture.stride
        var symbols: [RecognizedSymbol] = []
        symbols.reserveCapacity(best.symbols.count)
        var start = 0
        for (index, symbol) in best.symbols.enumerated() {
            let isLast = index == best.symbols.count - 1
            let end =
                isLast
                ? origins.count
                : min(
                    origins.count, (symbol.frames.upperBound + best.symbols[index + 1].frames.lowerBound) * stride / 2)
            let ink = Recognition.extent(of: origins, from: min(start, end), to: end)
            symbols.append(
                RecognizedSymbol(
                    text: model.alphabet.symbol(of: symbol.label), confidence: symbol.confidence,
                    frames: symbol.frames, samples: ink.samples, strokes: ink.strokes))
            start = end
        }
        self.init(
            text: best.text(in: model.alphabet), symbols: symbols,
            alternatives: hypotheses.map { .init(text: $0.text(in: model.alphabet), score: $0.score) },
            frames: origins.count)
    }

    /// The samples and strokes of the input frames `start ..< end`; empty ranges where there are none.
    private static func extent(
        of origins: [FrameOrigin], from start: Int, to end: Int
    ) -> (samples: Range<Int>, strokes: Range<Int>) {
        guard start < end else {
            guard let next = start < origins.count ? origins[start] : origins.last else { return (0..<0, 0..<0) }
            let (sample, stroke) = (Int(next.firstSample), Int(next.stroke))
            return (sample..<sample, stroke..<stroke)
        }
        let (first, last) = (origins[start], origins[end - 1])
        return (
            Int(first.firstSample)..<max(Int(first.firstSample), Int(last.endSample)),
            Int(first.stroke)..<Int(last.stroke) + 1
        )
    }
}
