import Network
import Recognition

extension FisherDiagonal {
    /// How much each weight matters for reading these segments: the weights of elastic weight consolidation, 1 on average.
    ///
    /// - Throws: `NetworkError`, or `Alphabet.Fault`.
    public static func importance(in model: Model, for segments: [LabelledSegment]) throws -> [Float] {
        let corpus = try model.corpus(of: segments, LearningPlan(), threads: 1)
        let network = model.network
        let backpropagation = try Backpropagation(
            architecture: network.architecture, parameters: network.parameters, instructionSet: network.instructionSet)
        var diagonal = FisherDiagonal(count: network.layout.count)
        for index in 0..<corpus.count {
            let example = corpus.example(index, augmentedBy: nil)
            var batch = Batch(dimension: network.architecture.input)
            batch.append(example.frames)
            try backpropagation.computeGradient(of: batch, targets: [example.target], reduction: .perLabel, dropout: false)
            diagonal.accumulate(backpropagation.gradient)
        }
        let values = diagonal.values
        let mean = Float(values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count)))
        return mean > 0 ? values.map { $0 / mean } : values
    }
}
