/// A report of the pen that may be a stray: its place on the surface.
public protocol PlacedReport {
    /// The place in x, in the units of the ink.
    var x: Float { get }
    /// The place in y, in the units of the ink.
    var y: Float { get }
}

/// Removes reports at places where no hand can have been: up to three reports far off before the pen is back, one far
/// off at the begin or end of a stroke, and a stroke of one report far from all ink.
///
/// A place is far off if its distance is more than eight of the hand's longest steps, and more than the height of all
/// its ink. A pen that jumps and stays, as after lost packets, is believed. So is everything until there are enough
/// steps to know the hand.
///
/// A report is passed on at once. One that is doubtful, or the first of a stroke, is passed on with the next ones, or
/// at the stroke's end. A lone report far from all ink counts as a stray, until the next stroke shows that the hand went there.
public struct StrayFilter<Report: PlacedReport> {
    /// How much further than the longest step.
    @usableFromInline let ratio: Float = 8
    /// Steps after which the hand is known.
    @usableFromInline let stepsToKnow = 16
    /// Reports that may be far off together and yet be none of the hand's.
    @usableFromInline let longestRun = 3

    @usableFromInline var steps = 0
    @usableFromInline var longestStep: Float = 0
    @usableFromInline var bounds: Bounds?
    /// The last report of the open stroke that was believed.
    @usableFromInline var last: Report?
    /// Reports far from it that wait for more.
    @usableFromInline var doubtful: [Report] = []
    /// Reports that were taken out.
    @inlinable
    public var dropped: Int { lone == nil ? strayCount : strayCount + 1 }
    @usableFromInline var strayCount = 0
    /// The last stroke, if it was one report far from all ink.
    @inlinable
    public var lone: Report? { loneReport }
    @usableFromInline var loneReport: Report?

    /// A filter before the first report.
    @inlinable
    public init() {}

    /// Takes the next report of the open stroke.
    ///
    /// - Parameter output: gets what is believed now, in order.
    @inlinable
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
    @inlinable
    public mutating func penUp(to output: inout [Report]) {
        if doubtful.count == 1, last == nil, isFarFromAll(doubtful[0]) {
            dropLone()
            loneReport = doubtful.removeLast()
        } else if doubtful.count == 1, last != nil {
            drop()
        } else {
            believeJump(to: &output)
        }
        last = nil
    }

    /// The lone report before, if the next stroke begins beside it: it is a dot, and the hand went there. To be called before that
    /// stroke's first report is taken.
    public mutating func takeLone(before report: Report) -> Report? {
        guard let dot = lone else { return nil }
        guard isNear(dot, report) else {
            dropLone()
            return nil
        }
        loneReport = nil
        var output: [Report] = []
        believe(dot, to: &output)
        last = nil
        return dot
    }

    private func isNear(_ dot: Report, _ report: Report) -> Bool {
        let apart = Self.distance(dot, report)
        return apart <= reach && apart < distance(to: dot)
    }

    @inlinable mutating func dropLone() {
        if lone != nil { strayCount += 1 }
        loneReport = nil
    }

    /// Decides on what was doubtful up to `far`, now that `report` follows; or takes `report` among it.
    @inlinable mutating func settle(_ far: Report, with report: Report, to output: inout [Report]) {
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

    @inlinable mutating func drop() {
        strayCount += doubtful.count
        doubtful.removeAll(keepingCapacity: true)
    }

    /// The pen was there: after lost packets, say. Its way there is no step of the hand.
    @inlinable mutating func believeJump(to output: inout [Report]) {
        for report in doubtful {
            last = nil
            believe(report, to: &output)
        }
        doubtful.removeAll(keepingCapacity: true)
    }

    /// Reports wait for the next one.
    @inlinable
    public var isWaiting: Bool { !doubtful.isEmpty }

    /// Forgets the ink, because the next ink may lie elsewhere. Only the length of the hand's steps is kept.
    @inlinable
    public mutating func forgetInk() {
        dropLone()
        bounds = nil
    }

    @inlinable var isKnown: Bool { steps >= stepsToKnow && longestStep > 0 }

    @inlinable mutating func believe(_ report: Report, to output: inout [Report]) {
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

    @inlinable func isFar(from one: Report?, to other: Report) -> Bool {
        guard let one, isKnown else { return false }
        let distance = Self.distance(one, other)
        return distance > ratio * longestStep && distance > bounds?.height ?? 0
    }

    /// A stroke of one report: a dot lies near the other ink.
    @inlinable func isFarFromAll(_ report: Report) -> Bool {
        bounds != nil && distance(to: report) > reach
    }

    /// A dot is no further from the other ink.
    @inlinable var reach: Float { max(ratio * longestStep, 6 * (bounds?.height ?? 0)) }

    /// The distance of a report from all ink.
    @inlinable func distance(to report: Report) -> Float {
        guard let bounds else { return 0 }
        let dx = max(0, bounds.minX - report.x, report.x - bounds.maxX)
        let dy = max(0, bounds.minY - report.y, report.y - bounds.maxY)
        return (dx * dx + dy * dy).squareRoot()
    }

    @inlinable static func distance(_ one: Report, _ other: Report) -> Float {
        let (dx, dy) = (other.x - one.x, other.y - one.y)
        return (dx * dx + dy * dy).squareRoot()
    }
}

extension StrayFilter: Sendable where Report: Sendable {}
