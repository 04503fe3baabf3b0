/// The rule by which segments of ink end. All but `idle` are decided in the time and place of the samples, so a recording gives the same
/// segments at every replay speed; `idle` stands in while no sample arrives at all.
public struct EndpointRule: Codable, Equatable, Sendable {
    /// Seconds without contact after which the next report ends the segment. A pen that rests on the surface within a stroke has `idle`.
    public var pause: Double
    /// Seconds of the wall clock without any packet after which the segment ends. More than `pause`, so that a jittering
    /// transport cannot end a segment that the samples' own time would not.
    public var idle: Double
    /// Whether a stroke far to the left and below begins a new segment.
    public var newLine: Bool
    /// Samples with contact that a segment may hold. A stroke counts as `samplesOfStroke` at least: thousands of taps take as long to read as a
    /// page.
    public var maximumSamples: Int
    /// Seconds that a pen may be out of reach: longer ends the segment. Pens flicker at the edge of their reach, and leave it between
    /// words.
    public var outOfReach: Double

    /// A rule. `pause`, `idle` and `outOfReach` are in seconds.
    public init(
        pause: Double = 2, idle: Double = 3, newLine: Bool = true, maximumSamples: Int = 8192, outOfReach: Double = 0.7
    ) {
        self.pause = pause
        self.idle = idle
        self.newLine = newLine
        self.maximumSamples = maximumSamples
        self.outOfReach = outOfReach
    }

    static let samplesOfStroke = 8

    /// Where no report comes, the wall clock decides, after half as much time again. So a jittering transport ends no
    /// segment that the samples' own times would not end.
    var outOfReachByTheWall: Double { 1.5 * outOfReach }
}
