import Foundation

/// Prefix beam search over CTC posteriors (Graves 2008; Hannun et al. 2014), fused with a character n-gram model and a lexicon.
///
/// The beam is state: `advance` takes frames in pieces of any size with the same result as all at once, and between pieces the hypotheses can be
/// read. What all hypotheses agree on at the left, `stablePrefix`, never changes later.
///
/// For example:
///
///     let search = PrefixBeamSearch(alphabet: .printableASCII, languageModel: model)
///     search.advance(posteriors)
///     let best = search.hypotheses(atEnd: true)[0].text(in: .printableASCII)
///
/// A search belongs to one thread at a time. It allocates nothing per frame once warm; its memory follows the length of the text that is
/// open, so an endless stream resets it at its segments' ends.
public final class PrefixBeamSearch {
    public let alphabet: Alphabet
    public let configuration: DecoderConfiguration
    private let weights: BeamWeights
    private(set) var beam: Beam
    private lazy var ahead = PrefixBeamSearch(like: self)

    /// A search before the first frame. The posteriors' classes must be those of `alphabet`.
    public init(
        alphabet: Alphabet, configuration: DecoderConfiguration = DecoderConfiguration(),
        languageModel: LanguageModel? = nil, lexicon: Lexicon? = nil
    ) {
        self.alphabet = alphabet
        self.configuration = configuration
        weights = BeamWeights(
            alphabet: alphabet, configuration: configuration, languageModel: languageModel, lexicon: lexicon)
        beam = Beam(width: max(1, configuration.beamWidth), labels: alphabet.classCount, weights: weights)
        reset()
    }

    private init(like other: PrefixBeamSearch) {
        alphabet = other.alphabet
        configuration = other.configuration
        weights = other.weights
        beam = Beam(width: other.beam.width, labels: other.beam.labels, weights: weights)
    }

    deinit { beam.deallocate() }

    /// Forgets all frames. The language model expects what goes on after `precedingText`; where that is empty, a line's beginning.
    public func reset(precedingText: String = "") {
        beam.reset(languageState: weights.languageState(after: precedingText))
    }

    /// Takes the next frames.
    public func advance(_ posteriors: Posteriors) {
        precondition(
            posteriors.labels == alphabet.classCount,
            "posteriors have \(posteriors.labels) classes, the alphabet \(alphabet.classCount)")
        guard var row = posteriors.logProbabilities.baseAddress else { return }
        for _ in 0..<posteriors.frames {
            beam.advance(
                row, labelThreshold: configuration.labelThreshold, blankThreshold: configuration.blankThreshold)
            row += posteriors.labels
        }
    }

    /// Number of frames taken since the last reset.
    public var frameCount: Int { Int(beam.frame) }

    /// Length of what all hypotheses begin with. Grows only.
    public var stablePrefixLength: Int { Int(beam.tree.nodes[Int(stableNode)].depth) }

    /// The labels that all hypotheses begin with: every later hypothesis does, too.
    public var stablePrefix: [Int] { beam.tree.labels(to: stableNode) }

    private var stableNode: Int32 {
        var node = beam.entries[0].node
        for index in 1..<max(1, beam.count) {
            node = beam.tree.commonAncestor(node, beam.entries[index].node)
        }
        return node
    }

    /// Bytes that the search holds.
    public var memoryBytes: Int { beam.memoryBytes }

    /// Takes over where `other`, a search made with the same alphabet and configuration, stands; in place.
    public func copyState(from other: PrefixBeamSearch) {
        beam.copy(from: other.beam)
    }

    /// The readings if the open `tail` followed the frames taken so far. The state stays as it is.
    public func hypotheses(tail: Posteriors, limit: Int = 1) -> [Hypothesis] {
        ahead.copyState(from: self)
        ahead.advance(tail)
        return ahead.hypotheses(limit: limit)
    }

    /// The `limit` best hypotheses, best first, at least one.
    ///
    /// Scores include the end of the line (and of the word) where `atEnd`. Frames are those of the likeliest alignment. A symbol's
    /// confidence is the geometric mean of its largest posterior and of the probability, within the beam, of hypotheses that have
    /// the same symbol in the same place.
    public func hypotheses(limit: Int = 1, atEnd: Bool = false) -> [Hypothesis] {
        var ranked = (0..<beam.count).map { index -> Reading in
            let entry = beam.entries[index]
            let fused = log(entry.total) + beam.logScale
            let trace = Beam.better(entry.blankTrace, entry.labelTrace)
            return Reading(
                score: fused + (atEnd ? weights.logWeightOfEnd(after: entry) : 0),
                ctcLogProbability: fused - entry.logWeight, symbols: beam.history.symbols(of: trace, label: entry.label)
            )
        }
        ranked.sort { $0.score > $1.score }
        let shares = PrefixBeamSearch.shares(of: ranked)
        return ranked.prefix(max(1, limit)).map { reading in
            let agreement = PrefixBeamSearch.agreement(with: reading, among: ranked, shares: shares)
            let symbols = zip(reading.symbols, agreement).map { record, agreement in
                ReadSymbol(
                    label: Int(record.label), frames: Int(record.start)..<max(Int(record.end), Int(record.start) + 1),
                    confidence: Float((exp(Double(min(record.peak, 0))) * agreement).squareRoot()))
            }
            return Hypothesis(
                symbols: symbols, score: Float(reading.score), ctcLogProbability: Float(reading.ctcLogProbability))
        }
    }

    /// Reads `posteriors` in one pass, to the end of the line.
    public static func decode(
        _ posteriors: Posteriors, alphabet: Alphabet, configuration: DecoderConfiguration = DecoderConfiguration(),
        languageModel: LanguageModel? = nil, lexicon: Lexicon? = nil, limit: Int = 1
    ) -> [Hypothesis] {
        let search = PrefixBeamSearch(
            alphabet: alphabet, configuration: configuration, languageModel: languageModel, lexicon: lexicon)
        search.advance(posteriors)
        return search.hypotheses(limit: limit, atEnd: true)
    }
}

extension PrefixBeamSearch {
    private struct Reading {
        var score: Double
        var ctcLogProbability: Double
        var symbols: [AlignmentHistory.Record]
    }

    /// Each reading's share of the probability of all, ranked best first.
    private static func shares(of readings: [Reading]) -> [Double] {
        let best = readings[0].score
        guard best.isFinite else { return readings.indices.map { $0 == 0 ? 1 : 0 } }
        let weights = readings.map { exp($0.score - best) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// For each symbol of `reading`: the share of readings with the same label at frames that touch.
    private static func agreement(
        with reading: Reading, among readings: [Reading], shares: [Double]
    ) -> [Double] {
        var agreement = [Double](repeating: 0, count: reading.symbols.count)
        for (other, share) in zip(readings, shares) {
            var first = 0
            for (index, symbol) in reading.symbols.enumerated() {
                while first < other.symbols.count, other.symbols[first].end < symbol.start { first += 1 }
                var place = first
                while place < other.symbols.count, other.symbols[place].start <= symbol.end {
                    if other.symbols[place].label == symbol.label {
                        agreement[index] += share
                        break
                    }
                    place += 1
                }
            }
        }
        return agreement.map { min($0, 1) }
    }
}
