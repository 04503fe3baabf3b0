import Ink
import Randomness
import Recognition

/// Which of a writer's lines get corrected, to measure whether suggestions for review are worth following.
public enum CorrectionChoice: String, Sendable, CaseIterable {
    /// In the order of writing.
    case first
    /// Those that the recognizer is least sure of, as `review.<stream>` suggests them.
    case leastConfident = "least-confident"
    case random

    /// - Returns: `count` of the lines, in their order.
    public func chosen(_ count: Int, of lines: [InkLine], by model: Model, seed: UInt64) throws -> [InkLine] {
        switch self {
        case .first: return Array(lines.prefix(count))
        case .random:
            var random = SplitMix64(seed: seed)
            return lines.indices.shuffled(using: &random).prefix(count).sorted().map { lines[$0] }
        case .leastConfident:
            let recognizer = Recognizer(model: model)
            let confidences = try lines.map { try recognizer.recognize($0.strokes).symbols.reduce(Float(1)) { $0 * $1.confidence } }
            return lines.indices.sorted { (confidences[$0], $0) < (confidences[$1], $1) }.prefix(count).sorted().map { lines[$0] }
        }
    }
}
