/// The transition scores of a linear-chain random field, for the one best label sequence.
public struct LinearChain: Sendable, Hashable {
    public let labels: Int
    /// labels × labels: the score of label j behind label i.
    public let transitions: [Float]
    /// For each class the score (a logarithm) of beginning with it.
    public let start: [Float]
    /// For each class the score (a logarithm) of ending with it.
    public let end: [Float]

    /// A chain with the scores of its transitions: `labels` × `labels`, row-major; a row is the label before.
    public init(labels: Int, transitions: [Float], start: [Float], end: [Float]) {
        precondition(
            transitions.count == labels * labels && start.count == labels && end.count == labels, "scores of all labels"
        )
        self.labels = labels
        self.transitions = transitions
        self.start = start
        self.end = end
    }

    /// The random field at the end of a network's layer `index`; nil where that layer is none.
    public init?(_ network: Network, layer index: Int) {
        guard let field = network.architecture.layers[index].kind as? ConditionalRandomField else { return nil }
        let labels = field.labelCount
        let own = Array(network.parameters[network.layout.layers[index]])
        self.init(
            labels: labels, transitions: Array(own[..<(labels * labels)]),
            start: Array(own[(labels * labels)..<(labels * labels + labels)]),
            end: Array(own[(labels * labels + labels)...]))
    }

    /// The likeliest label sequence (Viterbi 1967).
    ///
    /// - Parameter scores: the input of the random field, frames × labels.
    /// - Returns: a label for each frame, and the sequence's score.
    public func bestPath(_ scores: [Float]) -> (labels: [Int], score: Float) {
        let frames = scores.count / labels
        guard frames > 0 else { return ([], 0) }
        var best = (0..<labels).map { start[$0] + scores[$0] }
        var from = [Int32](repeating: 0, count: frames * labels)
        for frame in 1..<max(frames, 1) {
            var next = [Float](repeating: -.infinity, count: labels)
            for before in 0..<labels {
                for label in 0..<labels {
                    let score = best[before] + transitions[before * labels + label]
                    if score > next[label] {
                        next[label] = score
                        from[frame * labels + label] = Int32(before)
                    }
                }
            }
            for label in 0..<labels { best[label] = next[label] + scores[frame * labels + label] }
        }
        for label in 0..<labels { best[label] += end[label] }
        var label = best.indices.max { best[$0] < best[$1] } ?? 0
        let score = best[label]
        var path = [Int](repeating: label, count: frames)
        for frame in Swift.stride(from: frames - 1, to: 0, by: -1) {
            label = Int(from[frame * labels + label])
            path[frame - 1] = label
        }
        return (path, score)
    }
}
