import DuctusDecoding
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRandomness

/// Measures how far the points of a line must move until a model reads it differently: along the way that its own
/// gradient shows (Goodfellow et al. 2015; Madry et al. 2018), against random ways of the same size.
///
/// Sizes are the largest movement of any point in x or y, in units of the line's height.
public struct RobustnessStudy: Sendable {
    /// The result for one line.
    public struct Line: Sendable, Equatable {
        /// The size by which the gradient's way turns the reading; nil where `largest` was not enough.
        public var size: Float?
        /// The share of random movements of that size that turn it, too.
        public var randomShare: Float
        /// The least size at which half of the random movements turn it; nil where `largest` was not enough.
        public var randomSize: Float?
        /// The reading before the movement.
        public var before: String
        /// The reading after the movement along the gradient's way.
        public var after: String
    }

    /// Movements beyond this are not tried.
    public var largest: Float = 0.25
    /// How far each step goes.
    public var step: Float = 0.004
    /// Random movements of each size.
    public var draws = 12
    /// Seed of the random movements.
    public var seed: UInt64 = 1

    /// The default study.
    public init() {}

    /// Looks at the lines that a model reads as something at all.
    ///
    /// - Parameter progress: called with the number of lines done, on any thread.
    /// - Throws: `ModelError.wrongInput` where the model reads no ink.
    public func run(
        _ model: Model, on lines: [InkLine], threads: Int, timelessSources: [String] = ["unipen"],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> [Line] {
        let done = Progress(report: progress)
        let numbered = lines.enumerated().map { (index: $0.offset, line: $0.element) }
        let parts = parallelMap(numbered, threads: threads, makeContext: { Workspace() }) { workspace, item in
            Result<Line?, any Error> {
                defer { done.step() }
                let timeless = timelessSources.contains { (item.line.source ?? "").hasPrefix($0) }
                let strokes = timeless ? item.line.withoutTime().strokes : item.line.strokes
                return try look(
                    at: SteepLine.levelled(strokes) ?? strokes, with: model, workspace: workspace,
                    random: SplitMix64(seed: seed).split(item.index))
            }
        }
        return try parts.compactMap { try $0.get() }
    }

    private func look(
        at strokes: [Stroke], with model: Model, workspace: Workspace, random: SplitMix64
    ) throws -> Line? {
        let height = Self.height(of: strokes)
        var gradient = try InkGradient(model)
        var reader = Reader(model: model, workspace: workspace, gradient: gradient)
        let labels = try reader.labels(of: strokes)
        guard !labels.isEmpty, height > 0 else { return nil }
        let count = strokes.reduce(0) { $0 + $1.samples.count }
        var line = Line(
            size: nil, randomShare: 0, randomSize: nil, before: model.alphabet.decode(labels),
            after: model.alphabet.decode(labels))

        // Up the loss, every point by the same amount, until the reading turns.
        var way = [InkGradient.Slope](repeating: .init(x: 0, y: 0), count: count)
        var size: Float = 0
        while size < largest, line.size == nil {
            size = min(largest, size + step)
            let slopes = try gradient.slopes(
                of: Self.moved(strokes, along: way, by: height), reading: labels.map(Int32.init), step: 0.002 * height)
            for index in way.indices {
                way[index].x = max(-size, min(size, way[index].x + step * Self.sign(slopes[index].x)))
                way[index].y = max(-size, min(size, way[index].y + step * Self.sign(slopes[index].y)))
            }
            let read = try reader.labels(of: Self.moved(strokes, along: way, by: height))
            guard read != labels else { continue }
            line.after = model.alphabet.decode(read)
            line.size = try smallest(way, of: size) {
                try reader.labels(of: Self.moved(strokes, along: $0, by: height)) != labels
            }
        }
        var random = random
        func share(_ size: Float) throws -> Float {
            var turned = 0
            for _ in 0..<draws {
                let way = (0..<count).map { _ in
                    InkGradient.Slope(
                        x: size * (random.uniform() < 0.5 ? -1 : 1), y: size * (random.uniform() < 0.5 ? -1 : 1))
                }
                if try reader.labels(of: Self.moved(strokes, along: way, by: height)) != labels { turned += 1 }
            }
            return Float(turned) / Float(draws)
        }
        guard let found = line.size else { return line }
        line.randomShare = try share(found)
        var tried = found
        while tried <= largest {
            if try share(tried) >= 0.5 {
                line.randomSize = tried
                break
            }
            tried *= 1.15
        }
        return line
    }

    /// The least size, along a way whose whole turns the reading, that does.
    private func smallest(
        _ way: [InkGradient.Slope], of size: Float, turns: ([InkGradient.Slope]) throws -> Bool
    ) rethrows -> Float {
        var (low, high): (Float, Float) = (0, 1)
        for _ in 0..<8 {
            let middle = (low + high) / 2
            if try turns(way.map { .init(x: middle * $0.x, y: middle * $0.y) }) {
                high = middle
            } else {
                low = middle
            }
        }
        return high * size
    }

    /// Reads ink by the best path.
    private struct Reader {
        let model: Model
        let workspace: Workspace
        var gradient: InkGradient

        mutating func labels(of strokes: [Stroke]) throws -> [Int] {
            var batch = Batch(dimension: model.network.architecture.input)
            batch.append(gradient.frames(of: strokes))
            guard batch.frameCount > 0 else { return [] }
            let output = try model.network.forward(batch, workspace: workspace)[0]
            return BestPath.decode(
                Posteriors(output.values, frames: output.frames, labels: model.network.architecture.output)
            ).labels
        }
    }

    private static func sign(_ value: Float) -> Float { value > 0 ? 1 : value < 0 ? -1 : 0 }

    private static func height(of strokes: [Stroke]) -> Float {
        let heights = strokes.flatMap { $0.samples.map(\.y) }.filter(\.isFinite)
        guard let top = heights.min(), let bottom = heights.max() else { return 0 }
        return bottom - top
    }

    private static func moved(_ strokes: [Stroke], along way: [InkGradient.Slope], by height: Float) -> [Stroke] {
        var moved = strokes
        var next = 0
        for stroke in moved.indices {
            for sample in moved[stroke].samples.indices {
                moved[stroke].samples[sample].x += height * way[next].x
                moved[stroke].samples[sample].y += height * way[next].y
                next += 1
            }
        }
        return moved
    }
}
