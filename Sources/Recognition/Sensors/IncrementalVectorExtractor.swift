/// The origin of a frame: the vectors of the sensor's stream that it was made from.
public struct VectorOrigin: Sendable, Equatable {
    /// Vectors of the publisher, counted in the stream.
    public var vectors: Range<Int>
    /// More than half of its numbers are missing: whatever the network says of it is a guess.
    public var isMissing: Bool

    /// The vectors of a frame, and whether more than half of its numbers are missing.
    public init(vectors: Range<Int>, isMissing: Bool) {
        self.vectors = vectors
        self.isMissing = isMissing
    }
}

/// Turns vectors into frames while they arrive: what `VectorExtractor` does to a whole recording.
///
/// Frames are the same as off line, except where the recording's mean and deviation are removed: here they are those of the vectors
/// so far. Slopes look two vectors ahead, so the last frames come with `finish`.
public struct IncrementalVectorExtractor: Sendable {
    /// The features that are measured.
    public let configuration: VectorConfiguration
    /// Stands in for each number of a frame that is missing; nil: it stays missing.
    private let substitutes: [Float]?
    private var running: RunningNormalization
    /// The newest vectors, normalized, oldest first: at most five, which is what a slope sees.
    private var recent: [Float] = []
    private var ends: [Int] = []
    /// Vectors of `recent` that have gone into a frame.
    private var used = 0
    private var frame: [Float] = []
    private var missing = 0
    private var frameStart = 0

    /// - Parameters:
    ///   - substitutes: the value in place of each number of a frame that is missing, the training set's mean. Nil: it
    ///     stays NaN.
    ///   - normalization: the normalization of an earlier segment of the stream, to begin with.
    ///   - start: the number of the first vector in the stream.
    public init(
        _ configuration: VectorConfiguration, substitutes: [Float]? = nil, normalization: RunningNormalization? = nil,
        start: Int = 0
    ) {
        self.configuration = configuration
        self.substitutes = substitutes
        running = normalization ?? RunningNormalization(channels: configuration.channels.count)
        frameStart = start
    }

    /// Mean and deviation so far, where the configuration asks for them.
    public var normalization: RunningNormalization? { configuration.normalizesRecording ? running : nil }

    /// Takes vectors at the model's rate.
    ///
    /// - Parameter ends: for each, how many vectors of the publisher have come by then.
    public mutating func append(
        _ vectors: [Float], ends: [Int], into frames: inout [Float], origins: inout [VectorOrigin]
    ) {
        let channels = configuration.channels.count
        for (index, end) in ends.enumerated() {
            let row = vectors[(index * channels)..<((index + 1) * channels)]
            if configuration.normalizesRecording {
                running.appendNormalized(row, to: &recent)
            } else {
                recent.append(contentsOf: row)
            }
            self.ends.append(end)
            use(upTo: configuration.deltas ? self.ends.count - 2 : self.ends.count, into: &frames, origins: &origins)
        }
    }

    /// The recording ends: gives the frames that waited for more. What does not fill a frame is left out.
    public mutating func finish(into frames: inout [Float], origins: inout [VectorOrigin]) {
        use(upTo: ends.count, into: &frames, origins: &origins)
    }

    private mutating func use(upTo limit: Int, into frames: inout [Float], origins: inout [VectorOrigin]) {
        let channels = configuration.channels.count
        while used < limit {
            for channel in 0..<channels { push(recent[used * channels + channel]) }
            if configuration.deltas {
                for channel in 0..<channels { push(slope(of: channel)) }
            }
            let end = ends[used]
            used += 1
            guard frame.count == configuration.dimension else { continue }
            frames.append(contentsOf: frame)
            origins.append(
                VectorOrigin(
                    vectors: frameStart..<max(frameStart, end), isMissing: 2 * missing > configuration.dimension))
            frameStart = max(frameStart, end)
            frame.removeAll(keepingCapacity: true)
            missing = 0
        }
        // A slope sees two vectors back.
        let kept = configuration.deltas ? 2 : 0
        guard used > kept else { return }
        recent.removeFirst((used - kept) * channels)
        ends.removeFirst(used - kept)
        used = kept
    }

    private mutating func push(_ value: Float) {
        if value.isFinite {
            frame.append(value)
        } else {
            missing += 1
            frame.append(substitutes?[frame.count] ?? .nan)
        }
    }

    private func slope(of channel: Int) -> Float {
        let channels = configuration.channels.count
        func value(_ offset: Int) -> Float {
            recent[min(max(used + offset, 0), ends.count - 1) * channels + channel]
        }
        return VectorExtractor.slope(value(-2), value(-1), value(1), value(2))
    }
}

/// Mean and deviation of each channel over the vectors so far.
public struct RunningNormalization: Sendable, Equatable {
    /// Vectors that the past may weigh in a new segment: half a second or so of speech.
    private static let memory = 50.0

    private var counts: [Double]
    private var sums: [Double]
    private var squares: [Double]

    /// The statistics of no vector.
    public init(channels: Int) {
        counts = [Double](repeating: 0, count: channels)
        sums = counts
        squares = counts
    }

    /// The normalization that a new segment of the same stream begins with: the same mean and deviation, which new
    /// vectors soon outweigh.
    public var faded: RunningNormalization {
        var faded = self
        for channel in counts.indices where counts[channel] > Self.memory {
            let share = Self.memory / counts[channel]
            faded.counts[channel] *= share
            faded.sums[channel] *= share
            faded.squares[channel] *= share
        }
        return faded
    }

    mutating func appendNormalized(_ vector: ArraySlice<Float>, to result: inout [Float]) {
        for (channel, value) in vector.enumerated() {
            guard value.isFinite else {
                result.append(.nan)
                continue
            }
            let value = Double(value)
            counts[channel] += 1
            sums[channel] += value
            squares[channel] += value * value
            let mean = sums[channel] / counts[channel]
            let deviation = max(0, squares[channel] / counts[channel] - mean * mean).squareRoot()
            result.append(Float((value - mean) * (deviation > 1e-6 ? 1 / deviation : 1)))
        }
    }
}
