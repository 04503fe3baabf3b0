/// The evidence for a new line in the pen's way from one stroke to the next. Near strokes are of one line, far ones less so.
enum PenJump {
    /// The cost after a short way, in nats.
    private static let near = 3.5
    /// The cost after a long way, in nats.
    private static let far = -3.0

    /// The addition to the cost of leaving the line, in nats.
    ///
    /// - Parameter unit: the measure of heights about the lines, in the units of the boxes.
    static func cost(from: PlaneBox, to: PlaneBox, unit: Double) -> Double {
        // A pen that goes down and back begins a line, however short the way.
        if to.minY > from.maxY + 0.3 * unit, to.midX < from.minX { return -1.5 }
        let gap = max(from.gapX(to: to), from.gapY(to: to)) / unit
        return gap < 2.5 ? near : gap < 5 ? 0 : gap < 9 ? -1.5 : far
    }
}
