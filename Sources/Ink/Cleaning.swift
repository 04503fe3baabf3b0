/// Counts of the defects that were found in ink, by kind. Nothing of this is an error: pens lie, and the rest is still read.
public struct Cleaning: Codable, Equatable, Sendable {
    /// Samples dropped because a coordinate is NaN or infinite.
    public var notFinite = 0
    /// Samples dropped because a coordinate is larger than any device's: beyond `SampleCleaner.largestCoordinate`.
    public var outOfRange = 0
    /// Samples dropped because they jump to (0, 0) and back, as tablets do that lose the pen.
    public var originJumps = 0
    /// Samples dropped because they lie where no hand can have been, see `StrayFilter`.
    public var strays = 0
    /// Samples at the place of the one before. They are kept: the pen rested.
    public var duplicatePoints = 0
    /// Samples elsewhere than the one before, at the same time. Kept.
    public var repeatedTimes = 0
    /// Samples earlier than the one before. Kept; the time passed counts as none.
    public var backwardTimes = 0
    /// Strokes of which one sample is left: dots. Kept.
    public var singlePointStrokes = 0
    /// Strokes of which no sample is left.
    public var emptyStrokes = 0

    /// Counts of nothing dropped.
    public init() {}

    /// Samples that were dropped.
    public var dropped: Int { notFinite + outOfRange + originJumps + strays }

    /// Adds another segment's counts.
    public mutating func add(_ other: Cleaning) {
        notFinite += other.notFinite
        outOfRange += other.outOfRange
        originJumps += other.originJumps
        strays += other.strays
        duplicatePoints += other.duplicatePoints
        repeatedTimes += other.repeatedTimes
        backwardTimes += other.backwardTimes
        singlePointStrokes += other.singlePointStrokes
        emptyStrokes += other.emptyStrokes
    }
}
