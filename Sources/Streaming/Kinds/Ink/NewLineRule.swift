import DuctusInk

/// Tells a stroke that begins the next line from one that completes this line: dots, bars and accents lie within it or above,
/// commas lie right, a short underline lies near.
///
/// Distances are in deviations of y, about half an x-height: a descender ends about 3 below the middle of its line, the next line's
/// letters have their middle 5 or more below it.
package enum NewLineRule {
    /// Ink that the line must hold before its deviation means anything: about three letters.
    static let leastArc = 25.0
    /// Letters go up and down: their ink is longer than it is wide. A dash's is not, and its deviation tells nothing.
    static let leastArcPerWidth = 1.3
    /// Samples after which a stroke is judged even if it goes on.
    static let samplesToJudge = 10

    /// `stroke` are the first samples of the newest stroke, `line` is the ink before it.
    package static func begins(_ stroke: ArraySlice<Sample>, after line: LineExtent) -> Bool {
        guard let first = stroke.first, let depth = depth(of: stroke, below: line) else { return false }
        let deviation = line.deviation
        let jumpBack = Double(line.maxX - first.x) / deviation
        let far = max(5, 0.4 * Double(line.width) / deviation)
        return depth > 5.5 && jumpBack > 0 || depth > 3 && jumpBack > far
    }

    /// Whether `stroke` lies so far above or below `line` that it is not of it.
    package static func isFar(_ stroke: ArraySlice<Sample>, from line: LineExtent) -> Bool {
        depth(of: stroke, below: line).map { abs($0) > 8 } ?? false
    }

    /// How far below the line the middle of a stroke lies, in deviations; nil where the line is too little to tell.
    private static func depth(of stroke: ArraySlice<Sample>, below line: LineExtent) -> Double? {
        let deviation = line.deviation
        guard !stroke.isEmpty, deviation > 0, line.arc >= leastArc * deviation,
            line.arc >= leastArcPerWidth * Double(line.width)
        else { return nil }
        var x = 0.0, y = 0.0
        for sample in stroke {
            x += Double(sample.x)
            y += Double(sample.y)
        }
        return line.depth(x: x / Double(stroke.count), y: y / Double(stroke.count)) / deviation
    }
}
