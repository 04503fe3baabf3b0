/// A stroke: the samples from pen down to pen up.
public struct Stroke: Equatable, Sendable {
    /// The samples in the order in which the pen reported them.
    public var samples: [Sample]

    /// A stroke of those samples, in the order of writing.
    public init(_ samples: [Sample] = []) {
        self.samples = samples
    }

    /// A stroke through points, without time: for tests and drawings.
    public init(points: [(x: Float, y: Float)]) {
        samples = points.map { Sample(x: $0.x, y: $0.y) }
    }

    /// The smallest box around the stroke; nil if it has no finite sample.
    public var bounds: Bounds? {
        Bounds(around: CollectionOfOne(self))
    }
}
