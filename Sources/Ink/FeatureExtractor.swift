/// Turns the ink of a whole segment into feature vectors.
///
/// The columns, one row per point of the resampled ink:
///
/// | column | what | |
/// |---|---|---|
/// | 0, 1 | way from the point before in the same stroke | in steps, y up |
/// | 2 | height above the line's centre | normalized units |
/// | 3, 4 | at a stroke's first point: jump from the end of the stroke before | halved, clipped to ±4 and ±2 |
/// | 5, 6 | first point of a stroke, last point of a stroke | 0 or 1 |
/// | 7 | time passed: log(1 + 50 Δt), at a jump log(1 + 5 Δt) | Δt in seconds, clipped to 0…1 and 0…2 |
/// | 8 | sine of the turning angle | |
/// | 9 | pressure, only where `usePressure` | 0…1, 0 where unknown |
///
/// Any ink is accepted, see `Cleaning`. An extractor keeps its scratch memory from segment to segment, so each thread
/// needs its own.
public struct FeatureExtractor: Sendable {
    /// The features that are measured.
    public let configuration: FeatureConfiguration
    private var points: [CleanPoint] = []
    private var strokeEnds: [Int] = []
    private var profile: LineProfile?
    private var drifts: [Float] = []
    private var scales: [Float] = []
    private var places: [Float] = []

    /// The changes of the ink by an extraction before it became features.
    public struct Extraction: Equatable, Sendable {
        /// The place and size that the features were freed of.
        public var normalization: SegmentNormalization
        /// Counts of the samples that were left out.
        public var cleaning: Cleaning
        /// The step that was used: the configured one, or more where the frames would have exceeded their bound.
        public var step: Float
        /// Whether ink was left unread even so: more strokes than frames.
        public var isTruncated: Bool
    }

    /// An extractor of those features.
    public init(_ configuration: FeatureConfiguration = FeatureConfiguration()) {
        self.configuration = configuration
        profile = configuration.local.map(LineProfile.init)
    }

    /// The features of one segment: for a single use.
    public static func features(
        of strokes: [Stroke], _ configuration: FeatureConfiguration = FeatureConfiguration()
    ) -> Features {
        var extractor = FeatureExtractor(configuration)
        var features = Features(dimension: configuration.dimension)
        extractor.extract(strokes, into: &features)
        return features
    }

    /// Replaces the contents of `features` by the frames of the segment.
    ///
    /// - Parameters:
    ///   - strokes: in the order of writing; device units, y down.
    ///   - normalization: a frozen one to use; nil to take it from the ink itself.
    ///   - features: its dimension must be the configuration's.
    @discardableResult
    public mutating func extract(
        _ strokes: [Stroke], normalization given: SegmentNormalization? = nil, into features: inout Features
    ) -> Extraction {
        precondition(features.dimension == configuration.dimension, "features of another dimension")
        features.removeAll()
        var moments = InkMoments()
        let cleaning = clean(strokes, &moments)
        let normalization = given ?? moments.normalization(configuration)
        normalize(by: normalization)
        if profile != nil { followLine() }

        var emitter = FrameEmitter(configuration)
        emitter.step = step(bounding: configuration.maximumFrames)
        var first = 0
        for (stroke, end) in strokeEnds.enumerated() {
            emitter.penDown(stroke: Int32(clamping: stroke))
            points.withUnsafeBufferPointer { points in
                for index in first..<end { emitter.append(points[index], to: &features) }
            }
            emitter.penUp(to: &features)
            first = end
        }
        return Extraction(
            normalization: normalization, cleaning: cleaning, step: emitter.step, isTruncated: emitter.isFull)
    }

    /// Fills `points` and `strokeEnds` with the samples worth reading.
    private mutating func clean(_ strokes: [Stroke], _ moments: inout InkMoments) -> Cleaning {
        points.removeAll(keepingCapacity: true)
        strokeEnds.removeAll(keepingCapacity: true)
        var cleaner = SampleCleaner()
        var sample: Int32 = 0
        for stroke in strokes {
            let first = points.count
            stroke.samples.withUnsafeBufferPointer { samples in
                for index in samples.indices {
                    cleaner.append(samples[index], index: sample, to: &points)
                    sample &+= 1
                }
            }
            cleaner.penUp(to: &points)
            strokeEnds.append(points.count)
            for index in first..<points.count { moments.append(x: points[index].x, y: points[index].y) }
            moments.penUp()
        }
        return cleaner.counts
    }

    private mutating func normalize(by normalization: SegmentNormalization) {
        points.withUnsafeMutableBufferPointer { points in
            for index in points.indices {
                (points[index].x, points[index].y) = normalization.apply(x: points[index].x, y: points[index].y)
            }
        }
    }

    /// Takes the wandering of the baseline and the change of size out of the normalized points.
    private mutating func followLine() {
        guard var profile, let left = points.lazy.map(\.x).min(), let right = points.lazy.map(\.x).max() else { return }
        self.profile = nil
        profile.reset(start: left)
        forEachPiece { profile.addBaseline($0, $1) }
        let cells = profile.lastCell(upTo: right) + 1
        drifts.removeAll(keepingCapacity: true)
        for cell in 0..<cells { drifts.append(profile.drift(atCell: cell)) }
        drifts.withUnsafeBufferPointer { drifts in
            forEachPiece { from, to in
                profile.addScale(from, to, drift: profile.interpolated((from.x + to.x) / 2) { drifts[$0] })
            }
        }
        scales.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        var place: Float = 0
        for cell in 0..<cells {
            let scale = profile.scale(atCell: cell)
            if let before = scales.last { place += (1 / before + 1 / scale) / 2 }
            scales.append(scale)
            places.append(place)
        }
        for index in points.indices {
            let x = points[index].x
            let scale = profile.interpolated(x) { scales[$0] }
            points[index].y = (points[index].y - profile.interpolated(x) { drifts[$0] }) / scale
            if configuration.local?.followScale == true { points[index].x = profile.interpolated(x) { places[$0] } }
        }
        self.profile = profile
    }

    /// All pieces of ink between two points of the same stroke.
    private func forEachPiece(_ body: (CleanPoint, CleanPoint) -> Void) {
        points.withUnsafeBufferPointer { points in
            var first = 0
            for end in strokeEnds {
                if end - first > 1 {
                    for index in first + 1..<end { body(points[index - 1], points[index]) }
                }
                first = end
            }
        }
    }

    /// The configured step, or the smallest larger one that keeps the segment within the bound.
    private func step(bounding maximum: Int) -> Float {
        var length: Float = 0
        forEachPiece { length += $0.distance(to: $1) }
        // Every stroke has a first and a last frame besides the full steps.
        let steps = max(maximum - 2 * strokeEnds.count, max(maximum / 4, 1))
        return max(configuration.step, length / Float(steps))
    }
}
