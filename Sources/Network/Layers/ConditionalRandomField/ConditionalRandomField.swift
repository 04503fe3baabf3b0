/// A linear-chain conditional random field over a score for each label of each frame (Lafferty et al. 2001):
/// neighbouring labels have scores, too.
///
/// It ends a head as `logSoftmax` does. Its output are the logarithms of each label's probability given all frames
/// (forward and backward), its loss of labels of frames is the probability of the whole label sequence; frames labeled
/// `Target.ignored` may be anything. In a stream the forward messages are carried on, the backward ones begin anew at
/// the window's edge.
public struct ConditionalRandomField: LayerKind {
    public static let name = "conditionalRandomField"
    public static let endsHead = true
    public static let hasOwnLoss = true

    /// The number of labels.
    public var labelCount: Int

    private enum CodingKeys: String, CodingKey {
        case labelCount = "in"
    }

    /// A layer that scores sequences of `labels` classes.
    public init(labels: Int) {
        labelCount = labels
    }

    public func output(of inputs: [Int]) -> Int { labelCount }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.input(labelCount)
        try check.range("in", labelCount, 1...512)
    }

    /// `transitions[i][j]` is the score of label j behind label i.
    public func parameters(for inputs: [Int]) -> [ParameterDeclaration] {
        [
            .init("transitions", [labelCount, labelCount], .normal(0.1)),
            .init("start_transitions", [labelCount], .constant(0)),
            .init("end_transitions", [labelCount], .constant(0)),
        ]
    }

    /// Whether the stream has begun, then the forward message of its last committed frame.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: 1 + labelCount) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedRandomField(labels: labelCount, settings.kernels)
    }
}

extension Layer {
    /// A linear-chain conditional random field.
    public static func conditionalRandomField(_ kind: ConditionalRandomField) -> Layer { Layer(kind) }
}
