import DuctusInk

/// A filter of pen reports. It takes strays out, and thins pens that report more often than ink needs, so that a segment's limit is one of
/// time and not of the device's rate.
///
/// Every report keeps its place among all that came, so labels point at what the publisher sent. A report may come out later than it went
/// in: when the next one has shown that it is none of a stray, or that it was its stroke's last.
struct ReportFilter {
    /// A report with contact and its place among those that came.
    struct Report: PlacedReport {
        var sample: Sample
        var number: UInt32?
        var place: Int
        /// It is a stroke by itself.
        var isDot = false

        var x: Float { sample.x }
        var y: Float { sample.y }
    }

    /// Reports a second that ink needs: no hand turns in between.
    private static let needed = 275.0
    /// Reports that may come at once: devices and transports jitter.
    private static let burst = 4.0

    private var strays = StrayFilter<Report>()
    private var believed: [Report] = []
    private var nextPlace = 0
    private var told: UInt64 = 0
    // The open stroke
    private var number: UInt32?
    private var latest: Int64?
    /// Reports that may be kept by now.
    private var allowance = burst
    /// Left out, unless it is the stroke's last.
    private var held: Report?

    /// Takes a report with contact; `output` gets what is ink by now.
    mutating func append(_ sample: Sample, number: UInt32?, to output: inout [Report]) {
        let isAnother = number != nil && number != self.number
        if isAnother {
            penUp(to: &output)
            self.number = number
        }
        let report = Report(sample: sample, number: isAnother ? number : nil, place: nextPlace)
        nextPlace += 1
        if strays.lone != nil, var dot = strays.takeLone(before: report) {
            dot.isDot = true
            output.append(dot)
        }
        strays.append(report, to: &believed)
        thin(into: &output)
    }

    /// The stroke is over.
    mutating func penUp(to output: inout [Report]) {
        strays.penUp(to: &believed)
        thin(into: &output)
        if let held { output.append(held) }
        held = nil
        latest = nil
        allowance = Self.burst
        number = nil
    }

    /// Reports wait for the next one, or for the stroke's end.
    var isWaiting: Bool { held != nil || strays.isWaiting }

    /// Begins a segment, which may lie on another line or elsewhere.
    mutating func beginSegment() { strays.forgetInk() }

    /// Strays since the last call. A lone one is none before the next stroke has begun elsewhere.
    mutating func takeStrays() -> UInt64 {
        let dropped = UInt64(strays.lone == nil ? strays.dropped : strays.dropped - 1)
        defer { told = dropped }
        return dropped - told
    }

    private mutating func thin(into output: inout [Report]) {
        for report in believed {
            if isNeeded(report) {
                held = nil
                output.append(report)
            } else {
                held = report
            }
        }
        believed.removeAll(keepingCapacity: true)
    }

    /// Whether a report is needed. All are, where the clock stands still or runs back, because nobody can tell the rate then.
    private mutating func isNeeded(_ report: Report) -> Bool {
        defer { latest = report.sample.time }
        guard let time = report.sample.time, let latest, report.number == nil, time > latest else { return true }
        let (passed, overflow) = time.subtractingReportingOverflow(latest)
        guard !overflow else { return true }
        allowance = min(Self.burst, allowance + Double(passed) * 1e-6 * Self.needed)
        guard allowance >= 1 else { return false }
        allowance -= 1
        return true
    }
}
