import DuctusNetwork

extension FisherDiagonal {
    /// Examples that tell enough: with more, what is learned does not hold on better.
    private static let enoughExamples = 500

    /// The importance of each weight of a network for a corpus: the weights of elastic weight consolidation, 1 on
    /// average. It is measured on evenly spread examples without augmentation.
    ///
    /// - Throws: `NetworkError`.
    public static func importance(in network: Network, for corpus: any Corpus) throws -> [Float] {
        let backpropagation = try Backpropagation(
            architecture: network.architecture, parameters: network.parameters, instructionSet: network.instructionSet)
        var diagonal = FisherDiagonal(count: network.layout.count)
        for index in stride(from: 0, to: corpus.count, by: max(1, corpus.count / enoughExamples)) {
            let example = corpus.example(index, augmentedBy: nil)
            var batch = Batch(dimension: network.architecture.input)
            batch.append(example.frames)
            try backpropagation.computeGradient(
                of: batch, targets: [example.target(of: network.architecture)], reduction: .perLabel, dropout: false)
            diagonal.accumulate(backpropagation.gradient)
        }
        let values = diagonal.values
        let mean = Float(values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count)))
        return mean > 0 ? values.map { $0 / mean } : values
    }
}
