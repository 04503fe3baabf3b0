/// The evidence for a new line in the pen's way from one stroke to the next. Near strokes are of one line, far ones less so.
enum PenJump {
    private static let near = 3.5
    private static let far = -3.0
    /// Added to the cost of leaving the line.
    static func cost(from: PlaneBox, to: PlaneBox, unit: Double) -> Double {
        // A pen that goes down and back begins a line, however short the way.
        if to.minY > from.maxY + 0.3 * unit, to.midX < from.minX { return -1.5 }
        let gap = max(from.gapX(to: to), from.gapY(to: to)) / unit
        return gap < 2.5 ? near : gap < 5 ? 0 : gap < 9 ? -1.5 : far
    }
}
