/// Feature vectors of a segment, one per point of the resampled ink, and where in the ink each comes from.
public struct Features: Equatable, Sendable {
    /// Columns of a row.
    public let dimension: Int
    /// Rows one after the other: `count` × `dimension`.
    public var values: [Float] = []
    /// The origin of each row.
    public var origins: [FrameOrigin] = []

    /// No frames yet.
    public init(dimension: Int) {
        self.dimension = dimension
    }

    /// Number of frames.
    public var count: Int { origins.count }

    /// Forgets all frames and keeps the memory.
    public mutating func removeAll() {
        values.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
    }
}

/// The origin of a frame: the ink between the frame before it and itself.
public struct FrameOrigin: Equatable, Sendable {
    /// Index of the stroke in the segment.
    public var stroke: Int32
    /// First sample, counted over all strokes of the segment as given, dropped samples included.
    public var firstSample: Int32
    /// One past the last sample; always above `firstSample`.
    public var endSample: Int32

    /// The origin of a frame. Samples are counted within the stroke.
    public init(stroke: Int32, firstSample: Int32, endSample: Int32) {
        self.stroke = stroke
        self.firstSample = firstSample
        self.endSample = endSample
    }
}
