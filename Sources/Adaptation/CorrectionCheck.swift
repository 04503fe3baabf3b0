import Decoding
import Recognition

/// Whether a text can be what a segment says.
///
/// A wrong or poisoned label does not align: compared with what was read it is unlikely, symbol for symbol. `docs/adaptation.md` has the
/// distributions that the threshold comes from.
public struct CorrectionCheck: Sendable, Equatable {
    /// The least a symbol may lose against the reading, on average: a natural logarithm.
    public var leastPlausibility: Float

    public init(leastPlausibility: Float = -4) {
        self.leastPlausibility = leastPlausibility
    }

    /// Why the text is refused; nil if it is plausible.
    ///
    /// - Throws: `ModelError.wrongInput` where the model does not transcribe, or what the network throws.
    public func refusal(of text: String, for evidence: Evidence, by model: Model) throws -> CorrectionRefusal? {
        guard !text.isEmpty else { return .empty }
        let outside = text.map(String.init).filter { model.alphabet.label(of: $0) == nil }
        guard outside.isEmpty, let labels = try? model.alphabet.encode(text) else { return .outsideAlphabet(outside) }
        let plausibility = try SegmentReading(model).withPosteriors(of: [evidence]) { Self.plausibility(of: labels, in: $1) }[0]
        return plausibility >= leastPlausibility ? nil : .implausible(plausibility)
    }

    /// How much likelier, per symbol, the text is than what the best path reads; 0 for that itself, -infinity for what cannot fit.
    public static func plausibility(of labels: [Int], in posteriors: Posteriors) -> Float {
        let given = ForcedAlignment.ctcLogProbability(posteriors, labels: labels)
        let read = ForcedAlignment.ctcLogProbability(posteriors, labels: BestPath.decode(posteriors).labels)
        guard given > -.infinity else { return -.infinity }
        return (given - read) / Float(max(1, labels.count))
    }
}

/// Why a correction is not taken.
public enum CorrectionRefusal: Error, Equatable, CustomStringConvertible {
    case empty
    case outsideAlphabet([String])
    case implausible(Float)

    public var description: String {
        switch self {
        case .empty: "a correction needs a text"
        case .outsideAlphabet(let symbols):
            "the model cannot write \(Set(symbols).sorted().map { "\"\($0)\"" }.joined(separator: ", "))"
        case .implausible(let plausibility):
            "the text does not fit the segment (plausibility \(plausibility) per symbol)"
        }
    }
}
