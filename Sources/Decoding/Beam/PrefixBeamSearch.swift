import Foundation

/// Prefix beam search over CTC posteriors (Graves 2008; Hannun et al. 2014), fused with a character n-gram model and a lexicon.
///
/// The search is incremental: `advance` takes frames in pieces of any size, with the same result as all at once, and
/// the hypotheses can be read between pieces. `stablePrefix`, the symbols that all hypotheses begin with, never changes
/// later.
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
    /// The symbols of the classes.
    public let alphabet: Alphabet
    /// Ranks the readings of finished lines anew; nil leaves them as the search ranks them.
    private let rescorer: (any Rescorer)?
    private let beam: AnyBeam
    private var precedingText = ""
    /// Reads the open tail.
    private lazy var ahead: AnyBeam = beam.another()

    /// A search before the first frame. The posteriors' classes must be those of `alphabet`.
    ///
    /// - Parameters:
    ///   - personalWords: of the one who writes, beside the lexicon's.
    ///   - rescorer: ranks the readings of finished lines anew; nil leaves them as the search ranks them.
    public convenience init(
        alphabet: Alphabet, configuration: DecoderConfiguration = DecoderConfiguration(),
        languageModel: LanguageModel? = nil, lexicon: Lexicon? = nil, personalWords: Lexicon? = nil,
        rescorer: (any Rescorer)? = nil
    ) {
        let ngrams = languageModel.map { NGramScorer($0, alphabet: alphabet, configuration: configuration) }
        let words = LexiconScorer(lexicon, personal: personalWords, configuration: configuration)
        switch (ngrams, words) {
        case (nil, nil):
            self.init(alphabet: alphabet, configuration: configuration, scorer: NoScorer(), rescorer: rescorer)
        case (let ngrams?, nil):
            self.init(alphabet: alphabet, configuration: configuration, scorer: ngrams, rescorer: rescorer)
        case (nil, let words?):
            self.init(alphabet: alphabet, configuration: configuration, scorer: words, rescorer: rescorer)
        case (let ngrams?, let words?):
            self.init(alphabet: alphabet, configuration: configuration, scorer: Both(ngrams, words), rescorer: rescorer)
        }
    }

    /// A search whose texts are weighed by `scorer`: any one, or several put together with `Both`.
    public init<S: Scorer>(
        alphabet: Alphabet, configuration: DecoderConfiguration = DecoderConfiguration(), scorer: S,
        rescorer: (any Rescorer)? = nil
    ) {
        self.rescorer = rescorer
        self.alphabet = alphabet
        beam = AnyBeam(labels: alphabet.classCount, configuration: configuration, scorer: scorer)
    }

    /// Forgets all frames. The scorers expect what goes on after `precedingText`; where that is empty, a line's beginning.
    public func reset(precedingText: String = "") {
        self.precedingText = precedingText
        beam.reset(precedingText)
    }

    /// Takes the next frames.
    public func advance(_ posteriors: Posteriors) {
        precondition(
            posteriors.labels == alphabet.classCount,
            "posteriors have \(posteriors.labels) classes, the alphabet \(alphabet.classCount)")
        beam.advance(posteriors)
    }

    /// Number of frames taken since the last reset.
    public var frameCount: Int { beam.frameCount() }

    /// Length of what all hypotheses begin with. Grows only.
    public var stablePrefixLength: Int { beam.stablePrefixLength() }

    /// The labels that all hypotheses begin with: every later hypothesis does, too.
    public var stablePrefix: [Int] { beam.stablePrefix() }

    /// Bytes that the search holds.
    public var memoryBytes: Int { beam.memoryBytes() }

    /// The readings if the open `tail` followed the frames taken so far. The state stays as it is.
    public func hypotheses(tail: Posteriors, limit: Int = 1) -> [Hypothesis] {
        ahead.copyState(from: beam)
        ahead.advance(tail)
        return Self.hypotheses(ahead.readings(false), limit: limit)
    }

    /// The `limit` best hypotheses, best first, at least one.
    ///
    /// Scores include the end of the line (and of the word) where `atEnd`. Frames are those of the likeliest alignment. A symbol's
    /// confidence is the geometric mean of its largest posterior and of the probability, within the beam, of hypotheses that have
    /// the same symbol in the same place.
    public func hypotheses(limit: Int = 1, atEnd: Bool = false) -> [Hypothesis] {
        var ranked = beam.readings(atEnd)
        if atEnd, precedingText.isEmpty, Self.rankedAsLoneSymbol(&ranked) {
            return Self.hypotheses(ranked, limit: limit)
        }
        if atEnd, let rescorer {
            let scores = rescorer.scores(of: ranked.map { $0.symbols.map { Int($0.label) } }, after: precedingText)
            for (index, score) in scores.enumerated() { ranked[index].score += score }
            ranked.sort { $0.score > $1.score }
        }
        return Self.hypotheses(ranked, limit: limit)
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
    /// Ranks by CTC alone where the best reading is a single symbol, with all scorers and without: models of running
    /// text take a symbol that stands by itself for the most frequent line of one symbol, a full stop. Returns false,
    /// and changes nothing, if the best reading has more symbols, or none.
    private static func rankedAsLoneSymbol(_ readings: inout [BeamReading]) -> Bool {
        guard let likeliest = readings.max(by: { $0.ctcLogProbability < $1.ctcLogProbability }),
            likeliest.symbols.count == 1, readings[0].symbols.count == 1
        else { return false }
        for index in readings.indices { readings[index].score = readings[index].ctcLogProbability }
        readings.sort { $0.score > $1.score }
        return true
    }

    /// The best of all readings as hypotheses; the others tell how sure it is.
    private static func hypotheses(_ ranked: [BeamReading], limit: Int) -> [Hypothesis] {
        let shares = shares(of: ranked)
        return ranked.prefix(max(1, limit)).map { reading in
            let agreement = agreement(with: reading, among: ranked, shares: shares)
            let symbols = zip(reading.symbols, agreement).map { record, agreement in
                ReadSymbol(
                    label: Int(record.label), frames: Int(record.start)..<max(Int(record.end), Int(record.start) + 1),
                    confidence: Float((exp(Double(min(record.peak, 0))) * agreement).squareRoot()))
            }
            return Hypothesis(
                symbols: symbols, score: Float(reading.score), ctcLogProbability: Float(reading.ctcLogProbability))
        }
    }

    /// Each reading's share of the probability of all, ranked best first.
    private static func shares(of readings: [BeamReading]) -> [Double] {
        let best = readings[0].score
        guard best.isFinite else { return readings.indices.map { $0 == 0 ? 1 : 0 } }
        let weights = readings.map { exp($0.score - best) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// For each symbol of `reading`: the share of readings with the same label at frames that touch.
    private static func agreement(
        with reading: BeamReading, among readings: [BeamReading], shares: [Double]
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
