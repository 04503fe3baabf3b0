import DuctusInk

/// Cuts a stream of pen reports into segments by the endpoint rules. No clock: it sees only the samples' own time.
///
/// Invariant: a stroke is never divided, except one that alone exceeds the maximum; whatever was not given out in a closed segment is in `open`.
package struct Segmenter {
    let rule: EndpointRule
    package private(set) var open = InkSegment()
    /// Reports with contact that were not finite, since last asked.
    private(set) var dirtySamples: UInt64 = 0

    private(set) var penIsDown = false
    private var nextNumber: UInt32 = 0
    private var latestContact: Int64?
    /// Strokes were taken back, so even without ink the segment must get its final.
    private var wasRetracted = false
    /// The newest stroke waits for the new-line rule's judgment.
    private var newestIsJudged = true
    /// Ink before the newest stroke, and with it.
    private var line = LineExtent()
    private var extent = LineExtent()

    package init(rule: EndpointRule) {
        self.rule = rule
    }

    /// A segment that ended.
    package struct Closed {
        package var ink: InkSegment
        package var ending: LabelEvent.Ending
    }

    /// Takes one packet's reports; what they end is appended to `closed`.
    package mutating func take(_ report: PenSample, number: UInt32?, closed: inout [Closed]) {
        let sample = report.sample
        guard sample.x.isFinite, sample.y.isFinite else {
            dirtySamples = dirtySamples.addingSaturating(1)
            return
        }
        if let time = sample.time, let latest = latestContact, !open.isEmpty, isPause(from: latest, to: time) {
            close(.pause, into: &closed)
        }
        guard report.contact else {
            liftPen(closed: &closed)
            return
        }
        if !penIsDown || number.map({ $0 != open.spans.last?.number }) == true {
            liftPen(closed: &closed)
            beginStroke(number ?? nextNumber)
        }
        append(sample, closed: &closed)
        if let time = sample.time { latestContact = max(time, latestContact ?? time) }
    }

    /// Ends the open segment, if it holds ink.
    package mutating func end(_ ending: LabelEvent.Ending, closed: inout [Closed]) {
        liftPen(closed: &closed)
        close(ending, into: &closed)
    }

    /// Takes strokes back from the open segment. False if it has none of them.
    package mutating func retract(_ numbers: [UInt32]) -> Bool {
        guard let kept = open.removing(Set(numbers)) else { return false }
        // A stroke taken back while it is drawn goes on as a new one.
        if let newest = open.spans.last, kept.spans.last != newest { penIsDown = false }
        open = kept
        wasRetracted = true
        newestIsJudged = true
        measure()
        return true
    }

    /// The publisher began anew: its strokes count from 0, its clock may have changed.
    mutating func restart() {
        nextNumber = 0
        latestContact = nil
        penIsDown = false
    }

    mutating func takeDirtySamples() -> UInt64 {
        defer { dirtySamples = 0 }
        return dirtySamples
    }

    var byteCount: Int { open.byteCount }

    private func isPause(from latest: Int64, to time: Int64) -> Bool {
        let (elapsed, overflow) = time.subtractingReportingOverflow(latest)
        return overflow ? time > latest : Double(elapsed) >= rule.pause * 1e6
    }

    private mutating func beginStroke(_ number: UInt32) {
        line = extent
        open.beginStroke(number: number)
        nextNumber = number &+ 1
        penIsDown = true
        newestIsJudged = open.spans.count == 1 || !rule.newLine
    }

    private mutating func append(_ sample: Sample, closed: inout [Closed]) {
        if open.samples.count >= rule.maximumSamples { cutAtMaximum(closed: &closed) }
        guard let newest = open.spans.last else { return }
        extent.add(sample, after: open.samples.count > newest.first ? open.samples.last : nil)
        open.append(sample)
        if !newestIsJudged, open.samples.count - newest.first >= NewLineRule.samplesToJudge {
            judgeNewest(closed: &closed)
        }
    }

    private mutating func liftPen(closed: inout [Closed]) {
        guard penIsDown else { return }
        penIsDown = false
        open.dropEmptyStroke()
        if !newestIsJudged { judgeNewest(closed: &closed) }
    }

    private mutating func judgeNewest(closed: inout [Closed]) {
        newestIsJudged = true
        let newest = open.spans.count - 1
        guard newest > 0, NewLineRule.begins(open.samples(ofStroke: newest), after: line) else { return }
        let rest = open.split(atStroke: newest)
        closed.append(Closed(ink: open, ending: .newLine))
        wasRetracted = false
        open = rest
        measure()
    }

    /// The finished strokes go; the one being drawn begins the next segment. A stroke that fills a segment alone is divided.
    private mutating func cutAtMaximum(closed: inout [Closed]) {
        guard let drawing = open.spans.last else { return }
        let rest = open.split(atStroke: max(1, open.spans.count - 1))
        closed.append(Closed(ink: open, ending: .maximum))
        wasRetracted = false
        open = rest
        if open.spans.isEmpty { open.beginStroke(number: drawing.number) }
        newestIsJudged = true
        measure()
    }

    private mutating func close(_ ending: LabelEvent.Ending, into closed: inout [Closed]) {
        // A pen that is down goes on with the same stroke in the next segment.
        let drawing = penIsDown ? open.spans.last?.number : nil
        open.dropEmptyStroke()
        if !open.isEmpty || wasRetracted { closed.append(Closed(ink: open, ending: ending)) }
        wasRetracted = false
        open = InkSegment()
        extent = LineExtent()
        line = extent
        newestIsJudged = true
        if let drawing { open.beginStroke(number: drawing) }
    }

    /// Measures the open ink anew, after strokes left it.
    private mutating func measure() {
        extent = LineExtent()
        line = extent
        for index in open.spans.indices {
            line = extent
            let range = open.range(ofStroke: index)
            for at in range {
                extent.add(open.samples[at], after: at > range.lowerBound ? open.samples[at - 1] : nil)
            }
        }
    }
}
