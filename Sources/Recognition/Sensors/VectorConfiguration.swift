/// How the vectors of a sensor become feature vectors. Stored with the weights that were trained on them.
public struct VectorConfiguration: Sendable, Equatable, Codable {
    /// Names of the sensor's channels, in the order of a vector's numbers.
    public var channels: [String]
    /// Vectors per second that the model was trained on; other rates are resampled to it.
    public var rate: Double
    /// So many successive vectors are joined to one frame, without overlap.
    public var stack: Int
    /// Whether the slopes of the channels over time are added as further numbers of each vector.
    public var deltas: Bool
    /// Whether mean and deviation of each recording are removed first, as for cepstra. Needs the whole recording.
    public var normalizesRecording: Bool

    public init(channels: [String], rate: Double, stack: Int = 1, deltas: Bool = false, normalizesRecording: Bool = false) {
        self.channels = channels
        self.rate = rate
        self.stack = stack
        self.deltas = deltas
        self.normalizesRecording = normalizesRecording
    }

    /// Numbers per frame.
    public var dimension: Int { channels.count * (deltas ? 2 : 1) * stack }
}
