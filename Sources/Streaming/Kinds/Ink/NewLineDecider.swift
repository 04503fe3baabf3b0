import DuctusInk

/// Tells whether a stroke begins another line than the open segment's. Sees the ink of one stream as it comes.
///
/// The seam between the stream and the geometry of the page: whoever decides is told every sample, and asked once about each stroke.
package protocol NewLineDecider: Sendable {
    /// Samples after which a stroke is judged even if it goes on.
    var samplesToJudge: Int { get }
    /// A stroke of the open segment begins.
    mutating func beginStroke()
    /// A sample joins the newest stroke; `previous` is the one before it on the same stroke.
    mutating func add(_ sample: Sample, after previous: Sample?)
    /// Whether the newest stroke begins another line.
    ///
    /// - Parameters:
    ///   - stroke: its first samples.
    ///   - cameBack: the pen had been out of reach just before it.
    func isElsewhere(_ stroke: ArraySlice<Sample>, cameBack: Bool) -> Bool
    /// The open segment's ink is now this: strokes left it, or another segment began.
    mutating func restart(with open: InkSegment)
}

/// Decides by the open segment's line alone.
package struct LastLineDecider: NewLineDecider {
    /// Ink before the newest stroke, and with it.
    private var line = LineExtent()
    private var extent = LineExtent()

    package init() {}

    package var samplesToJudge: Int { NewLineRule.samplesToJudge }

    package mutating func beginStroke() { line = extent }

    package mutating func add(_ sample: Sample, after previous: Sample?) { extent.add(sample, after: previous) }

    package func isElsewhere(_ stroke: ArraySlice<Sample>, cameBack: Bool) -> Bool {
        NewLineRule.begins(stroke, after: line) || cameBack && NewLineRule.isFar(stroke, from: line)
    }

    package mutating func restart(with open: InkSegment) {
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
