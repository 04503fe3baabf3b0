import DuctusInk

/// Cuts a stream of pen reports into segments by the endpoint rules. No clock: it sees only the samples' own time.
///
/// Invariant: a stroke is never divided, except one that alone exceeds the maximum; whatever was not given out in a closed segment is in `open`.
package struct Segmenter {
    let rule: EndpointRule
    package private(set) var open = InkSegment()
    /// Reports with contact that were not finite, since last asked.
    private(set) var dirtySamples: UInt64 = 0
    private var strokes = 0

    package private(set) var penIsDown = false
    /// Reports were lost before the next one.
    private var isUncertain = false
    private var nextNumber: UInt32 = 0
    private var latestContact: Int64?
    /// The time of the last report of any kind.
    private var latest: Int64?
    /// The pen left reach; its next report tells for how long.
    private(set) var isOutOfReach = false
    /// The pen came back and has not written since.
    private var cameBack = false
    /// Strokes were taken back, so even without ink the segment must get its final.
    private var wasRetracted = false
    /// The newest stroke waits for the new-line rule's judgment.
    private var newestIsJudged = true
    private var decider: any NewLineDecider
    /// The newest stroke is the first since the pen came back.
    private var newestCameBack = false

    package init(rule: EndpointRule, decider: any NewLineDecider = PageDecider()) {
        self.rule = rule
        self.decider = decider
    }

    /// A segment that ended.
    package struct Closed {
        package var ink: InkSegment
        package var ending: LabelEvent.Ending
    }

    /// Takes one packet's reports. Segments that they end are appended to `closed`.
    ///
    /// - Parameter place: of a report with contact, among all of the stream; nil: it follows the one before.
    package mutating func append(_ report: PenSample, number: UInt32?, place: Int? = nil, closed: inout [Closed]) {
        let sample = report.sample
        guard sample.x.isFinite, sample.y.isFinite else {
            dirtySamples = dirtySamples.addingSaturating(1)
            return
        }
        if isOutOfReach {
            isOutOfReach = false
            cameBack = true
            if let time = sample.time, let latest, !open.isEmpty, isLonger(than: rule.outOfReach, latest, time) {
                close(.proximityOut, into: &closed)
            }
        }
        if let time = sample.time { latest = time }
        if let time = sample.time, let latest = latestContact, !open.isEmpty,
            isLonger(than: goesOn(report, number) ? max(rule.pause, rule.idle) : rule.pause, latest, time)
        {
            close(.pause, into: &closed)
        }
        isUncertain = false
        guard report.contact else {
            liftPen(closed: &closed)
            return
        }
        if !penIsDown || number.map({ $0 != open.spans.last?.number }) == true {
            liftPen(closed: &closed)
            beginStroke(number ?? nextNumber)
        }
        append(sample, place: place, closed: &closed)
        if let time = sample.time { latestContact = max(time, latestContact ?? time) }
    }

    /// Whether a report is of the stroke that is being drawn, so that the pen rested on the surface and did not pause.
    private func goesOn(_ report: PenSample, _ number: UInt32?) -> Bool {
        report.contact && penIsDown && !isUncertain && number.map { $0 == open.spans.last?.number } ?? true
    }

    /// Reports were lost: the pen may have been lifted since.
    package mutating func noteLoss() { isUncertain = true }

    /// The pen left the reach of the surface. How long it stays away shows with its next report.
    package mutating func leaveReach(closed: inout [Closed]) {
        liftPen(closed: &closed)
        if rule.outOfReach > 0 { isOutOfReach = true } else { close(.proximityOut, into: &closed) }
    }

    /// Ends the open segment, if it holds ink.
    package mutating func end(_ ending: LabelEvent.Ending, closed: inout [Closed]) {
        liftPen(closed: &closed)
        close(ending, into: &closed)
        // Who says that a line is over may write the next one in the same place: on a pad that was wiped.
        if ending == .explicit { decider.restart() }
    }

    /// Takes strokes back from the open segment. False if it has none of them.
    package mutating func retract(_ numbers: [UInt32]) -> Bool {
        guard let kept = open.removing(Set(numbers)) else { return false }
        // A stroke taken back while it is drawn goes on as a new one.
        if let newest = open.spans.last, kept.spans.last != newest { penIsDown = false }
        open = kept
        wasRetracted = true
        newestIsJudged = true
        return true
    }

    /// The publisher began anew: its strokes count from 0, its clock may have changed.
    mutating func restart() {
        nextNumber = 0
        latestContact = nil
        latest = nil
        isOutOfReach = false
        cameBack = false
        penIsDown = false
        decider.restart()
    }

    mutating func beginPacket() { decider.beginPacket() }

    mutating func takeDirtySamples() -> UInt64 {
        defer { dirtySamples = 0 }
        return dirtySamples
    }

    /// The work so far, besides taking reports, in what a report costs about: strokes are placed in lines, and laid out with those beside them.
    ///
    /// Stored, because it is asked after each report, and asking the decider copies it.
    private(set) var work = 0
    private static let strokeWork = 64
    private static let layoutWork = 128

    private mutating func noteWork() { work = strokes &* Self.strokeWork &+ decider.laidOut &* Self.layoutWork }

    var byteCount: Int { open.byteCount + decider.byteCount }

    private func isLonger(than seconds: Double, _ latest: Int64, _ time: Int64) -> Bool {
        let (elapsed, overflow) = time.subtractingReportingOverflow(latest)
        return overflow ? time > latest : Double(elapsed) >= seconds * 1e6
    }

    private mutating func beginStroke(_ number: UInt32) {
        open.beginStroke(number: number)
        strokes &+= 1
        nextNumber = number &+ 1
        penIsDown = true
        newestCameBack = cameBack
        cameBack = false
        newestIsJudged = !rule.newLine
        noteWork()
    }

    private mutating func append(_ sample: Sample, place: Int?, closed: inout [Closed]) {
        if open.samples.count >= rule.maximumSamples
            || open.spans.count > 1 && EndpointRule.samplesOfStroke * open.spans.count > rule.maximumSamples
        {
            cutAtMaximum(closed: &closed)
        }
        guard open.spans.last != nil else { return }
        open.append(sample, place: place)
    }

    private mutating func liftPen(closed: inout [Closed]) {
        guard penIsDown else { return }
        penIsDown = false
        open.dropEmptyStroke()
        if !newestIsJudged { judgeNewest(closed: &closed) }
    }

    private mutating func judgeNewest(closed: inout [Closed]) {
        newestIsJudged = true
        divide(decider.judge(open, cameBack: newestCameBack), closed: &closed)
    }

    /// Lines that have ended go: so many strokes of each.
    private mutating func divide(_ lines: [Int], closed: inout [Closed]) {
        noteWork()
        for strokes in lines where strokes > 0 && strokes < open.spans.count {
            let rest = open.split(atStroke: strokes)
            closed.append(Closed(ink: open, ending: .newLine))
            wasRetracted = false
            open = rest
        }
    }

    /// The finished strokes go; the one being drawn begins the next segment. A stroke that fills a segment alone is divided.
    private mutating func cutAtMaximum(closed: inout [Closed]) {
        guard let drawing = open.spans.last else { return }
        let rest = open.split(atStroke: max(1, open.spans.count - 1))
        if rule.newLine { divide(decider.end(open), closed: &closed) }
        closed.append(Closed(ink: open, ending: .maximum))
        wasRetracted = false
        open = rest
        if open.spans.isEmpty { open.beginStroke(number: drawing.number) }
        newestIsJudged = true
    }

    private mutating func close(_ ending: LabelEvent.Ending, into closed: inout [Closed]) {
        // A pen that is down goes on with the same stroke in the next segment.
        let drawing = penIsDown ? open.spans.last?.number : nil
        open.dropEmptyStroke()
        if rule.newLine, !open.isEmpty { divide(decider.end(open), closed: &closed) }
        if !open.isEmpty || wasRetracted { closed.append(Closed(ink: open, ending: ending)) }
        wasRetracted = false
        open = InkSegment()
        newestIsJudged = true
        if let drawing { open.beginStroke(number: drawing) }
    }
}
