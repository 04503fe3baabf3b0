/// Turns ink into feature vectors while it is being written.
///
/// The normalization is frozen for as long as the segment is open: another scale would move every frame already written.
/// Frames are written as soon as they can no longer change, that is one frame late, the last of a stroke at its pen-up.
/// Guarantees:
/// - Without local normalization the frames are those that `FeatureExtractor` gives for the same ink and the same frozen
///   normalization, bit for bit, however the samples are cut into pieces (as long as its step needs no enlarging).
/// - With local normalization baseline and scale at a sample come from the ink up to that sample only, and stay as they
///   were; `FeatureExtractor`, which sees both sides, gives somewhat other frames.
/// - Work per sample is constant, and once warm nothing is allocated but the output.
///
/// Taking strokes back means a `reset` and the remaining ink once more.
public struct IncrementalFeatureExtractor: Sendable {
    /// The features that are measured.
    public let configuration: FeatureConfiguration
    /// The frozen normalization.
    public private(set) var normalization: SegmentNormalization
    private var cleaner = SampleCleaner()
    private var moments = InkMoments()
    private var emitter: FrameEmitter
    private var localizer: CausalLocalizer?
    private var clean: [CleanPoint] = []
    private var sample: Int32 = 0
    private var stroke: Int32 = -1
    private var isPenDown = false

    /// An extractor at the start of a segment, whose normalization is known.
    public init(_ configuration: FeatureConfiguration = FeatureConfiguration(), normalization: SegmentNormalization) {
        self.configuration = configuration
        self.normalization = normalization
        emitter = FrameEmitter(configuration)
        localizer = configuration.local.map(CausalLocalizer.init)
    }

    /// Begins another segment, or the same one again; keeps the memory.
    public mutating func reset(normalization: SegmentNormalization) {
        self.normalization = normalization
        cleaner = SampleCleaner()
        moments = InkMoments()
        emitter = FrameEmitter(configuration)
        localizer?.reset()
        clean.removeAll(keepingCapacity: true)
        sample = 0
        stroke = -1
        isPenDown = false
    }

    /// Takes the next sample with contact; the first one after a pen-up begins a stroke. Appends to `features` what is
    /// now certain.
    public mutating func append(_ next: Sample, into features: inout Features) {
        if !isPenDown {
            isPenDown = true
            stroke &+= 1
            emitter.penDown(stroke: stroke)
        }
        cleaner.append(next, index: sample, to: &clean)
        sample &+= 1
        flush(into: &features)
    }

    /// Ends the open stroke, if there is one, and appends its last frames to `features`.
    public mutating func penUp(into features: inout Features) {
        guard isPenDown else { return }
        isPenDown = false
        cleaner.penUp(to: &clean)
        flush(into: &features)
        moments.penUp()
        localizer?.penUp()
        emitter.penUp(to: &features)
    }

    private mutating func flush(into features: inout Features) {
        for index in clean.indices {
            var point = clean[index]
            moments.append(x: point.x, y: point.y)
            (point.x, point.y) = normalization.apply(x: point.x, y: point.y)
            localizer?.localize(&point)
            emitter.append(point, to: &features)
        }
        clean.removeAll(keepingCapacity: true)
    }

    /// Counts of the samples that were left out so far.
    public var cleaning: Cleaning { cleaner.counts }

    /// Samples taken so far, dropped ones included.
    public var sampleCount: Int { Int(sample) }

    /// Frames written so far.
    public var frameCount: Int { emitter.count }

    /// Whether the bound on the frames was reached: further ink gives no frames, and the segment should end.
    public var isFull: Bool { emitter.isFull }

    /// Length of the ink so far, in normalized units.
    public var length: Float { Float(moments.length) / normalization.scale }

    /// The normalization that the ink so far would have by itself.
    public var estimate: SegmentNormalization { moments.normalization(configuration) }

    /// The distance of the frozen normalization from `estimate`, see `SegmentNormalization.drift(to:over:)`; 0 without ink.
    public var drift: Float {
        guard let bounds = moments.bounds else { return 0 }
        return normalization.drift(to: estimate, over: bounds)
    }
}
