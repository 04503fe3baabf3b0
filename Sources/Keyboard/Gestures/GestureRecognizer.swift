import DuctusInk

/// Tells gestures from letters by the form of one stroke in relation to the strokes before it.
package struct GestureRecognizer: Sendable {
    package var rules: GestureRules

    package init(_ rules: GestureRules = GestureRules()) { self.rules = rules }

    /// - Parameter unit: The height of the strokes on the line, in the units of the stroke.
    /// - Returns: Nil for ink.
    package func gesture(of stroke: Stroke, unit: Float) -> Gesture? {
        guard unit > 0, let runs = StrokeRuns(stroke) else { return nil }
        let found: Gesture? =
            if isScratch(runs, unit) {
                .scratch
            } else if isBack(runs, unit) {
                .back
            } else if isStrike(runs, unit) {
                .strike
            } else if isHook(runs, unit) {
                .hook
            } else {
                nil
            }
        return found.flatMap { rules.gestures.contains($0) ? $0 : nil }
    }

    private func isStrike(_ stroke: StrokeRuns, _ unit: Float) -> Bool {
        guard stroke.runs.count == 1, let run = stroke.runs.first, run <= -rules.strikeWidth * unit else {
            return false
        }
        return stroke.height <= rules.flatness * stroke.width && -run >= rules.straightness * stroke.length
    }

    private func isBack(_ stroke: StrokeRuns, _ unit: Float) -> Bool {
        guard stroke.runs.count == 2, stroke.runs[0] >= rules.backWidth * unit, stroke.runs[1] <= -0.6 * stroke.runs[0]
        else { return false }
        return stroke.height <= rules.flatness * stroke.width
            && stroke.runs[0] - stroke.runs[1] >= rules.straightness * stroke.length
    }

    private func isScratch(_ stroke: StrokeRuns, _ unit: Float) -> Bool {
        guard stroke.width >= rules.scratchWidth * unit, stroke.runs.count > rules.scratchTurns,
            stroke.height <= stroke.width
        else { return false }
        // The first and the last run may be short; the others cross the ink.
        let crossing = stroke.runs.dropFirst().dropLast()
        return crossing.allSatisfy { abs($0) >= 0.5 * stroke.width }
            && crossing.reduce(0) { $0 + abs($1) } >= 0.6 * Float(crossing.count) * stroke.width
    }

    private func isHook(_ stroke: StrokeRuns, _ unit: Float) -> Bool {
        let points = stroke.points
        guard let first = points.first, let last = points.last, last.x < first.x, last.y > first.y,
            stroke.height >= rules.hookDown * unit, stroke.width >= rules.hookLeft * unit
        else { return false }
        // The corner is what lies farthest from the way between the ends.
        let way = (x: last.x - first.x, y: last.y - first.y)
        func aside(_ point: (x: Float, y: Float)) -> Float {
            abs(way.x * (point.y - first.y) - way.y * (point.x - first.x))
        }
        guard let corner = points.indices.max(by: { aside(points[$0]) < aside(points[$1]) }) else { return false }
        let turn = points[corner]
        let down = (x: turn.x - first.x, y: turn.y - first.y), left = (x: last.x - turn.x, y: last.y - turn.y)
        guard down.y >= rules.hookDown * unit, -left.x >= rules.hookLeft * unit,
            abs(down.x) <= 0.35 * down.y, abs(left.y) <= 0.35 * -left.x,
            -left.x >= 0.4 * down.y, down.y >= 0.25 * -left.x
        else { return false }
        let downLength = StrokeRuns.length(points[...corner]), leftLength = StrokeRuns.length(points[corner...])
        return StrokeRuns.distance(first, turn) >= rules.straightness * downLength
            && StrokeRuns.distance(turn, last) >= rules.straightness * leftLength
    }
}
