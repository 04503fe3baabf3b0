import DuctusDecoding
import DuctusFoundations
import DuctusInk

/// Finds the weights by which a model's language models rank the readings of finished lines.
///
/// Each line is read once; then every choice of weights costs a sum per reading, so that many are tried.
public struct RescoringFit {
    /// The weights, and the character error rate with them on the lines they were fitted to.
    public let weights: DecoderConfiguration.Rescoring
    /// The character error rate with `weights`, a fraction.
    public let error: Double
    /// The character error rate with the search's own ranking, a fraction.
    public let searchedError: Double
    /// The character error rate of the best of each line's readings, a fraction. No weights can be better.
    public let bestPossibleError: Double

    private struct Reading {
        var edits: Int
        /// The part of the score that no weight here changes: CTC and lexicon.
        var rest: Double
        var ngrams: Double
        var recurrent: Double
        var length: Double

        func score(_ weights: DecoderConfiguration.Rescoring) -> Double {
            rest + Double(weights.languageWeight) * ngrams + Double(weights.recurrentWeight) * recurrent
                + Double(weights.symbolBonus) * length
        }
    }

    /// Reads labelled lines with a model that has a recurrent language model.
    ///
    /// - Throws: `ModelError.unusable` where it has none, and what reading throws.
    public static func run(_ model: Model, on lines: [InkLine], threads: Int, timelessSources: [String] = ["unipen"])
        throws -> RescoringFit
    {
        guard let recurrent = model.recurrentLanguageModel else {
            throw ModelError.unusable(
                path: model.name, reason: "it has no \(Model.File.recurrentLanguageModel) to fit weights for")
        }
        let decoder = model.decoder.ranking(with: nil)
        let plain = model.with(decoder: decoder)
        let configuration = decoder.ranking(
            with: .init(languageWeight: decoder.languageWeight, recurrentWeight: 1, symbolBonus: decoder.symbolBonus))
        let labelled = lines.filter { $0.text != nil }
        let parts = parallelMap(
            labelled, threads: threads,
            makeContext: {
                let recognizer = Recognizer(model: plain)
                recognizer.alternatives = decoder.beamWidth
                let rescorer = RecurrentRescorer(
                    recurrent, languageModel: model.languageModel, alphabet: model.alphabet,
                    configuration: configuration)
                return (recognizer, rescorer)
            }
        ) { context, line in
            Result<[Reading], any Error> {
                let timeless = timelessSources.contains { (line.source ?? "").hasPrefix($0) }
                let strokes = timeless ? line.withoutTime().strokes : line.strokes
                let found = try context.0.recognize(strokes).alternatives
                let labels = try found.map { try model.alphabet.encode($0.text) }
                let logProbabilities = try context.1?.logProbabilities(of: labels, after: "") ?? []
                return zip(found, logProbabilities).map { reading, logProbability in
                    let ngrams = model.languageModel?.logProbability(of: reading.text) ?? 0
                    let bonus = model.languageModel == nil ? 0 : Double(decoder.symbolBonus)
                    let length = Double(reading.text.count)
                    return Reading(
                        edits: EditDistance.between(Array(line.text ?? ""), Array(reading.text)),
                        rest: Double(reading.score) - Double(decoder.languageWeight) * ngrams - bonus * length,
                        ngrams: ngrams, recurrent: logProbability, length: length)
                }
            }
        }
        let readings = try parts.map { try $0.get() }
        return RescoringFit(
            readings, characters: labelled.reduce(0) { $0 + ($1.text ?? "").count }, decoder: decoder)
    }

    /// Coordinate search from the search's own weights.
    private init(_ lines: [[Reading]], characters: Int, decoder: DecoderConfiguration) {
        func error(_ weights: DecoderConfiguration.Rescoring) -> Double {
            var edits = 0
            for readings in lines {
                edits += readings.max { $0.score(weights) < $1.score(weights) }?.edits ?? 0
            }
            return Double(edits) / Double(max(1, characters))
        }
        var best = DecoderConfiguration.Rescoring(
            languageWeight: decoder.languageWeight, recurrentWeight: 0, symbolBonus: decoder.symbolBonus)
        var least = error(best)
        searchedError = least
        bestPossibleError =
            Double(lines.reduce(0) { $0 + ($1.map(\.edits).min() ?? 0) }) / Double(max(1, characters))
        let paths: [WritableKeyPath<DecoderConfiguration.Rescoring, Float>] = [
            \.recurrentWeight, \.languageWeight, \.symbolBonus,
        ]
        for step: Float in [0.2, 0.1, 0.05, 0.05] {
            for path in paths {
                for direction: Float in [1, -1] {
                    var candidate = best
                    // The search goes on past steps that are a little worse, because the error is not smooth.
                    for _ in 0..<8 {
                        candidate[keyPath: path] += direction * step
                        guard path == \.symbolBonus || candidate[keyPath: path] >= 0 else { break }
                        let found = error(candidate)
                        if found < least { (best, least) = (candidate, found) }
                        if found > least * 1.02 { break }
                    }
                }
            }
        }
        weights = best
        self.error = least
    }
}
