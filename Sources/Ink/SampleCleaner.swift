/// Drops samples of a segment that cannot be ink, one at a time, and counts them.
///
/// Each sample is decided on at once, but for one at exactly (0, 0). That waits for the next sample (for two at the
/// start of the first stroke), because only the pen's return shows whether it is a glitch. `StrayFilter` judges other
/// jumps.
struct SampleCleaner {
    /// No device counts further, and squares of it are still far from overflowing.
    static let largestCoordinate: Float = 1e8
    /// The least ratio of a jump to (0, 0) to ordinary steps at which it is a glitch.
    private static let jumpRatio: Float = 8

    private(set) var counts = Cleaning()
    /// The last point kept of the open stroke.
    private var last: CleanPoint?
    /// The last point kept of any stroke.
    private var lastOfAll: CleanPoint?
    private var keptInStroke = 0
    private var longestStep: Float = 0
    /// A sample at (0, 0) not decided on, and the one after it. The second is only set when the first is.
    private var doubtful: CleanPoint?
    private var afterDoubtful: CleanPoint?
    private var strays = StrayFilter<CleanPoint>()
    private var believed: [CleanPoint] = []

    init() {}

    /// Takes the next sample of the open stroke and appends to `output` what is now known to be ink.
    mutating func append(_ sample: Sample, index: Int32, to output: inout [CleanPoint]) {
        guard sample.x.isFinite, sample.y.isFinite else {
            counts.notFinite += 1
            return
        }
        guard abs(sample.x) <= Self.largestCoordinate, abs(sample.y) <= Self.largestCoordinate else {
            counts.outOfRange += 1
            return
        }
        let point = CleanPoint(
            x: sample.x, y: sample.y, time: sample.time.map { Double($0) * 1e-6 } ?? .nan,
            pressure: sample.pressure ?? .nan, sample: index)
        if doubtful != nil, !settleDoubt(with: point, to: &output) { return }
        if point.x == 0, point.y == 0, last.map({ $0.x != 0 || $0.y != 0 }) ?? true {
            doubtful = point
            return
        }
        keep(point, to: &output)
    }

    /// Ends the stroke; appends to `output` what was waited for.
    mutating func penUp(to output: inout [CleanPoint]) {
        if let origin = doubtful {
            let reference = last ?? lastOfAll
            if let reference, longestStep > 0, reference.distance(to: origin) > Self.jumpRatio * longestStep,
                afterDoubtful == nil
            {
                counts.originJumps += 1
            } else {
                keep(origin, to: &output)
            }
            if let after = afterDoubtful { keep(after, to: &output) }
            doubtful = nil
            afterDoubtful = nil
        }
        strays.penUp(to: &believed)
        appendBelieved(to: &output)
        if keptInStroke == 0 { counts.emptyStrokes += 1 }
        if keptInStroke == 1 { counts.singlePointStrokes += 1 }
        keptInStroke = 0
        last = nil
    }

    /// Decides on the sample at (0, 0) now that `point` follows it; false if `point` has been taken care of, too.
    private mutating func settleDoubt(with point: CleanPoint, to output: inout [CleanPoint]) -> Bool {
        guard let origin = doubtful else { return true }
        if afterDoubtful == nil, point.x == 0, point.y == 0 {
            counts.duplicatePoints += 1
            return false
        }
        let jump: Float
        let ordinary: Float
        if let after = afterDoubtful {
            jump = after.distance(to: origin)
            ordinary = after.distance(to: point)
        } else if let last {
            jump = min(last.distance(to: origin), point.distance(to: origin))
            ordinary = max(last.distance(to: point), longestStep)
        } else if longestStep > 0 {
            jump = point.distance(to: origin)
            ordinary = longestStep
        } else {
            afterDoubtful = point
            return false
        }
        if ordinary > 0, jump > Self.jumpRatio * ordinary {
            counts.originJumps += 1
        } else {
            keep(origin, to: &output)
        }
        if let after = afterDoubtful { keep(after, to: &output) }
        doubtful = nil
        afterDoubtful = nil
        return true
    }

    private mutating func keep(_ point: CleanPoint, to output: inout [CleanPoint]) {
        strays.append(point, to: &believed)
        appendBelieved(to: &output)
    }

    private mutating func appendBelieved(to output: inout [CleanPoint]) {
        for point in believed { append(point, to: &output) }
        believed.removeAll(keepingCapacity: true)
        counts.strays = strays.dropped
    }

    private mutating func append(_ point: CleanPoint, to output: inout [CleanPoint]) {
        if let last {
            let step = last.distance(to: point)
            if step == 0 {
                counts.duplicatePoints += 1
            } else if point.time == last.time {
                counts.repeatedTimes += 1
            }
            if point.time < last.time { counts.backwardTimes += 1 }
            longestStep = max(longestStep, step)
        }
        last = point
        lastOfAll = point
        keptInStroke += 1
        output.append(point)
    }
}
