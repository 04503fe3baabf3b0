/// The parameters of feature extraction from ink. Stored with the weights that were trained on it: a network reads no other features.
///
/// Lengths without a unit are in normalized units, where 1 is the deviation of y of the whole segment (after its slope
/// is removed), about two thirds of the height of a small letter.
public struct FeatureConfiguration: Codable, Equatable, Sendable {
    /// Distance between two frames along the ink.
    public var step: Float = 0.4
    /// A segment's slope is removed only if it is wider than this many heights.
    public var slopeMinimumAspect: Float = 3
    /// Steepest slope that is believed and removed.
    public var slopeLimit: Float = 0.35
    /// The unit is at least this share of the widest stroke, or a dash, which has no height, would become a million frames.
    public var scaleFloorOfStroke: Float = 0.012
    /// The unit is at least this share of the segment's width. Text reaches 0.002: at 0.012, a line of more than fifty
    /// letters would be squeezed.
    public var scaleFloorOfSegment: Float = 0.003
    /// Bound on the frames of one segment: beyond it the step is enlarged.
    public var maximumFrames: Int = 4_096
    /// Whether the times of samples are used; if not, the time column is zero.
    public var useTime = true
    /// Whether there is a tenth column, the pressure.
    public var usePressure = false
    /// Baseline and scale that follow the line; nil for one slope and one scale per segment.
    public var local: LocalNormalization?

    /// Baseline and scale estimated in a window that moves along the line.
    public struct LocalNormalization: Codable, Equatable, Sendable {
        /// Removes the wandering of the baseline.
        public var followBaseline = true
        /// Deviation of the Gaussian window in which the baseline is estimated.
        public var baselineBandwidth: Float = 5
        /// Evens out a changing size of the writing.
        public var followScale = true
        /// Deviation of the Gaussian window in which the scale is estimated.
        public var scaleBandwidth: Float = 8
        /// Length of imagined ink of ordinary position and size that every estimate starts from.
        public var priorLength: Float = 5

        /// The default values.
        public init() {}
    }

    /// The default features.
    public init() {}

    /// Columns of a feature vector.
    public var dimension: Int { usePressure ? 10 : 9 }
}
