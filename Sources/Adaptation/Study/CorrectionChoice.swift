import DuctusInk
import DuctusRandomness
import DuctusRecognition

/// Which of a writer's lines get corrected, to measure whether suggestions for review are worth following.
public enum CorrectionChoice: String, Sendable, CaseIterable {
    /// The first lines, in the order of writing.
    case first
    /// The lines that are least likely wholly right, as `review.<stream>` suggests them.
    case leastConfident = "least-confident"
    /// The lines in which the most errors are expected.
    case expectedErrors = "expected-errors"
    case random

    /// - Returns: `count` of the lines, in their order.
    public func chosen(_ count: Int, of lines: [InkLine], by model: Model, seed: UInt64) throws -> [InkLine] {
        switch self {
        case .first: return Array(lines.prefix(count))
        case .random:
            var random = SplitMix64(seed: seed)
            return lines.indices.shuffled(using: &random).prefix(count).sorted().map { lines[$0] }
        case .expectedErrors:
            return try Self.first(count, of: lines, by: model) { -Self.expectedErrors($0.map(\.confidence)) }
        case .leastConfident: return try Self.first(count, of: lines, by: model) { $0.reduce(1) { $0 * $1.confidence } }
        }
    }

    /// The expected number of wrong symbols in a reading, if the confidences are right.
    ///
    /// Other than in the probability that all are right, one symbol that is mere noise does not outweigh many doubtful ones.
    static func expectedErrors(_ confidences: [Float]) -> Float { confidences.reduce(0) { $0 + (1 - $1) } }

    /// The lines with the lowest rank, in their order.
    private static func first(
        _ count: Int, of lines: [InkLine], by model: Model, rank: ([RecognizedSymbol]) -> Float
    ) throws -> [InkLine] {
        let recognizer = Recognizer(model: model)
        let ranks = try lines.map { rank(try recognizer.recognize($0.strokes).symbols) }
        return lines.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }.prefix(count).sorted().map { lines[$0] }
    }
}
