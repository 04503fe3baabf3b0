/// The parameters of feature extraction from a sensor's vectors. Stored with the weights that were trained on them.
public struct VectorConfiguration: Sendable, Equatable, Codable {
    /// Names of the sensor's channels, in the order of a vector's numbers.
    public var channels: [String]
    /// Vectors per second that the model was trained on; other rates are resampled to it.
    public var rate: Double
    /// So many successive vectors are joined to one frame, without overlap.
    public var stack: Int
    /// Whether the slopes of the channels over time are added as further numbers of each vector.
    public var deltas: Bool
    /// Whether mean and deviation of each recording are removed first, as for cepstra. Needs the whole recording; a
    /// partial makes do with what came so far.
    public var normalizesRecording: Bool

    /// A configuration. `rate` is in vectors per second.
    public init(
        channels: [String], rate: Double, stack: Int = 1, deltas: Bool = false, normalizesRecording: Bool = false
    ) {
        self.channels = channels
        self.rate = rate
        self.stack = stack
        self.deltas = deltas
        self.normalizesRecording = normalizesRecording
    }

    /// Refuses what no sensor has: it stands in files that strangers send.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        channels = try values.decode([String].self, forKey: .channels)
        rate = try values.decode(Double.self, forKey: .rate)
        stack = try values.decodeIfPresent(Int.self, forKey: .stack) ?? 1
        deltas = try values.decodeIfPresent(Bool.self, forKey: .deltas) ?? false
        normalizesRecording = try values.decodeIfPresent(Bool.self, forKey: .normalizesRecording) ?? false
        func require(_ condition: Bool, _ key: CodingKeys, _ reason: String) throws {
            guard !condition else { return }
            throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: reason)
        }
        try require(
            (1...4096).contains(channels.count), .channels, "\(channels.count) channels; 1 to 4096 are possible")
        try require(rate.isFinite && rate > 0 && rate <= 1e6, .rate, "a rate of \(rate); give vectors per second")
        try require((1...256).contains(stack), .stack, "a stack of \(stack) vectors; 1 to 256 are possible")
    }

    /// Rates of a sensor that vectors may be brought from to this one. Below it nearly all of a frame would be invented, above it the work
    /// would be out of proportion to what is read.
    public var usableRates: ClosedRange<Double> { rate / 10...rate * 100 }

    /// Numbers per vector once slopes are added.
    public var width: Int { channels.count * (deltas ? 2 : 1) }

    /// Numbers per frame.
    public var dimension: Int { width * stack }

    /// Seconds that a frame stands for.
    public var frameSeconds: Double { Double(stack) / rate }
}
