import DuctusDecoding
import DuctusNetwork
import DuctusRecognition

/// A check that a text is plausible for a segment.
///
/// A wrong or poisoned label does not align: compared with what was read it is unlikely, symbol for symbol. `docs/adaptation.md` has the
/// distributions that the threshold comes from.
public struct CorrectionCheck: Sendable, Equatable {
    /// The least a symbol may lose against the reading, on average: a natural logarithm.
    public var leastPlausibility: Float

    /// A check; the default threshold is the one that `docs/adaptation.md` explains.
    public init(leastPlausibility: Float = -4) {
        self.leastPlausibility = leastPlausibility
    }

    /// Why the text is refused; nil if it is plausible.
    ///
    /// - Throws: what the network throws.
    public func refusal(of text: String, for evidence: Evidence, by model: Model) throws -> CorrectionRefusal? {
        guard !text.isEmpty else { return .empty }
        guard let symbols = model.input.learning.symbols(of: text, for: evidence, by: model) else { return .noSpans }
        let outside = symbols.filter { !model.alphabet.symbols.contains($0) }
        guard outside.isEmpty else { return .outsideAlphabet(outside) }
        guard let target = model.target(of: LabelledSegment(id: "", text: text, evidence: evidence)) else {
            return .implausible(-.infinity)
        }
        let plausibility = try SegmentReader(model).withPosteriors(of: [evidence]) { _, posteriors in
            switch target {
            case .ctc(let labels): Self.plausibility(of: labels.map(Int.init), in: posteriors)
            case .frames(let labels): Self.plausibility(ofFrames: labels, in: posteriors)
            }
        }[0]
        return plausibility >= leastPlausibility ? nil : .implausible(plausibility)
    }

    /// The log likelihood ratio of the text and the best path, per symbol: 0 for the best path itself, -infinity for a
    /// text that cannot fit the frames.
    public static func plausibility(of labels: [Int], in posteriors: Posteriors) -> Float {
        let given = ForcedAlignment.ctcLogProbability(posteriors, labels: labels)
        let read = ForcedAlignment.ctcLogProbability(posteriors, labels: BestPath.decode(posteriors).labels)
        guard given > -.infinity else { return -.infinity }
        return (given - read) / Float(max(1, labels.count))
    }

    /// The log likelihood ratio of the labels and the labels that are read, per frame; -infinity where there are none.
    ///
    /// - Parameter labels: one for each frame, `Target.ignored` where nothing is said.
    public static func plausibility(ofFrames labels: [Int32], in posteriors: Posteriors) -> Float {
        let losses = labels.prefix(posteriors.frames).enumerated().filter { $1 != Target.ignored }.map { frame, label in
            posteriors[frame, Int(label)] - (posteriors[frame].max() ?? 0)
        }
        return losses.isEmpty ? -.infinity : losses.reduce(0, +) / Float(losses.count)
    }
}

/// The reasons for which a correction is refused.
public enum CorrectionRefusal: Error, Equatable, CustomStringConvertible {
    case empty
    case outsideAlphabet([String])
    /// The model labels every frame, and the text names no labels and times, or times outside the segment.
    case noSpans
    case implausible(Float)

    public var description: String {
        switch self {
        case .empty: "a correction needs a text"
        case .outsideAlphabet(let symbols):
            "the model cannot write \(Set(symbols).sorted().map { "\"\($0)\"" }.joined(separator: ", "))"
        case .noSpans:
            "labels are written as NAME, for the whole segment, or NAME@START-END …, in seconds from its begin, one after the other"
        case .implausible(let plausibility):
            "the text does not fit the segment (plausibility \(plausibility) per symbol)"
        }
    }
}
