/// Errors and loss of one set of weights on some lines.
public struct ReadingFigures: Sendable, Equatable, Codable {
    /// Lines that were read.
    public var lines = 0
    /// Symbols of the texts; where every frame has a label, frames.
    public var characters = 0
    /// Edit distance of the best path to the texts, or frames with another label.
    public var edits = 0
    /// Negative natural logarithm of the probability of the texts, all lines added up.
    public var nats = 0.0

    /// Figures of no line.
    public init() {}

    /// Character error rate, a fraction.
    public var cer: Double { characters == 0 ? 0 : Double(edits) / Double(characters) }
    /// Loss in nats per character: moves with every change, where few lines hold few errors.
    public var loss: Double { characters == 0 ? 0 : nats / Double(characters) }

    public static func + (a: ReadingFigures, b: ReadingFigures) -> ReadingFigures {
        var sum = a
        sum.lines += b.lines
        sum.characters += b.characters
        sum.edits += b.edits
        sum.nats += b.nats
        return sum
    }
}

/// The gate's measurements of the serving weights and of the candidate.
public struct GateFigures: Sendable, Equatable, Codable {
    /// Figures on held-out corrections, with the weights that serve.
    public var heldOutBefore: ReadingFigures
    /// Figures on held-out corrections, with the candidate.
    public var heldOutAfter: ReadingFigures
    /// nil where there is no canary.
    public var canaryBefore: ReadingFigures?
    /// Figures of the candidate on the canary; nil where there is none.
    public var canaryAfter: ReadingFigures?
    /// nil in generations of earlier releases.
    public var contradictions: Contradictions?

    /// Figures of the serving weights (before) and of the candidate (after).
    public init(
        heldOutBefore: ReadingFigures, heldOutAfter: ReadingFigures, canaryBefore: ReadingFigures? = nil,
        canaryAfter: ReadingFigures? = nil, contradictions: Contradictions? = nil
    ) {
        self.contradictions = contradictions
        self.heldOutBefore = heldOutBefore
        self.heldOutAfter = heldOutAfter
        self.canaryBefore = canaryBefore
        self.canaryAfter = canaryAfter
    }
}

/// The gate's decision on a candidate.
public enum GateVerdict: Sendable, Equatable {
    case promoted(GateFigures)
    case rejected(Rejection, GateFigures)

    /// Whether the candidate may serve.
    public var isPromoted: Bool {
        if case .promoted = self { true } else { false }
    }

    /// The measurements behind the decision.
    public var figures: GateFigures {
        switch self {
        case .promoted(let figures), .rejected(_, let figures): figures
        }
    }

    /// The reason for which a candidate may not serve.
    public enum Rejection: Sendable, Equatable, CustomStringConvertible {
        case heldOutNotBetter
        case heldOutMoreErrors
        case contradicted(Contradictions)
        case canaryWorse(margin: Double)
        case notFinite

        public var description: String {
            switch self {
            case .heldOutNotBetter: "held-out corrections are not read better"
            case .heldOutMoreErrors: "held-out corrections are read with more errors"
            case .contradicted(let found):
                "\(found.lines) of \(found.ofLines) held-out corrections, and those of \(found.sources) of \(found.ofSources) sources, "
                    + "are read clearly worse"
            case .canaryWorse(let margin): "the canary is read worse by more than \(margin * 100) points"
            case .notFinite: "the weights are no numbers"
            }
        }
    }
}
