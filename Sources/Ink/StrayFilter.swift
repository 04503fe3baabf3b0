/// What a stray report looks like: a place on the surface.
public protocol PlacedReport {
    var x: Float { get }
    var y: Float { get }
}

/// Takes out reports that lie where no hand can have been: up to three that are far off, and then back; one far off at the end or the begin
/// of a stroke; a stroke of one report far from all ink.
///
/// Far is what is further than eight of the longest steps that this hand ever made, and further than all its ink is high. A pen that jumps
/// and stays, as after lost packets, is believed. Until the ink has enough steps to know the hand, all is believed.
///
/// A report is given out at once, unless it is doubtful, or a stroke's first: then with the next ones, or at the stroke's end.
public struct StrayFilter<Report: PlacedReport> {
    /// How much further than the longest step.
    private let ratio: Float = 8
    /// Steps after which the hand is known.
    private let stepsToKnow = 16
    /// Reports that may be far off together and yet be none of the hand's.
    private let longestRun = 3

    private var steps = 0
    private var longestStep: Float = 0
    private var bounds: Bounds?
    /// The last report of the open stroke that was believed.
    private var last: Report?
    /// Reports far from it that wait for more.
    private var doubtful: [Report] = []
    /// Reports that were taken out.
    public private(set) var dropped = 0

    public init() {}

    /// Takes the next report of the open stroke.
    ///
    /// - Parameter output: gets what is believed now, in order.
    public mutating func append(_ report: Report, to output: inout [Report]) {
        if let far = doubtful.last { settle(far, with: report, to: &output) }
        guard doubtful.isEmpty else { return }
        if isKnown, last.map({ isFar(from: $0, to: report) }) ?? true {
            doubtful.append(report)
        } else {
            believe(report, to: &output)
        }
    }

    /// Ends the stroke; `output` gets what was waited for, if it is believed.
    public mutating func penUp(to output: inout [Report]) {
        if doubtful.count == 1, last != nil || isFarFromAll(doubtful[0]) {
            drop()
        } else {
            believeJump(to: &output)
        }
        last = nil
    }

    /// Decides on what was doubtful up to `far`, now that `report` follows; or takes `report` among it.
    private mutating func settle(_ far: Report, with report: Report, to output: inout [Report]) {
        let stays = !isFar(from: far, to: report)
        guard let last else {
            // A stroke's first report. If the pen did not stay there, either of the two is wrong: that which lies further off.
            if stays || distance(to: far) <= distance(to: report) { believeJump(to: &output) } else { drop() }
            return
        }
        if !isFar(from: last, to: report) {
            // Back where it was.
            if stays { believeJump(to: &output) } else { drop() }
        } else if !stays {
            drop()
        } else if doubtful.count < longestRun {
            doubtful.append(report)
        } else {
            believeJump(to: &output)
        }
    }

    private mutating func drop() {
        dropped += doubtful.count
        doubtful.removeAll(keepingCapacity: true)
    }

    /// The pen was there: after lost packets, say. Its way there is no step of the hand.
    private mutating func believeJump(to output: inout [Report]) {
        for report in doubtful {
            last = nil
            believe(report, to: &output)
        }
        doubtful.removeAll(keepingCapacity: true)
    }

    /// What comes now lies elsewhere: only the hand's steps are still known.
    public mutating func forgetInk() { bounds = nil }

    private var isKnown: Bool { steps >= stepsToKnow && longestStep > 0 }

    private mutating func believe(_ report: Report, to output: inout [Report]) {
        if let last {
            let step = Self.distance(last, report)
            if step > 0 { steps += 1 }
            longestStep = max(longestStep, step)
        }
        if bounds == nil { bounds = Bounds(minX: report.x, minY: report.y, maxX: report.x, maxY: report.y) }
        bounds?.include(x: report.x, y: report.y)
        last = report
        output.append(report)
    }

    private func isFar(from one: Report?, to other: Report) -> Bool {
        guard let one, isKnown else { return false }
        let distance = Self.distance(one, other)
        return distance > ratio * longestStep && distance > bounds?.height ?? 0
    }

    /// A stroke of one report: a dot lies near the other ink.
    private func isFarFromAll(_ report: Report) -> Bool {
        guard let bounds else { return false }
        return distance(to: report) > max(ratio * longestStep, 6 * bounds.height)
    }

    /// How far a report lies from all ink.
    private func distance(to report: Report) -> Float {
        guard let bounds else { return 0 }
        let dx = max(0, bounds.minX - report.x, report.x - bounds.maxX)
        let dy = max(0, bounds.minY - report.y, report.y - bounds.maxY)
        return (dx * dx + dy * dy).squareRoot()
    }

    private static func distance(_ one: Report, _ other: Report) -> Float {
        let (dx, dy) = (other.x - one.x, other.y - one.y)
        return (dx * dx + dy * dy).squareRoot()
    }
}

extension StrayFilter: Sendable where Report: Sendable {}
