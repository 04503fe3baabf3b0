/// The limits that a stroke must keep to count as a gesture. Lengths are in heights of the strokes on the line, because
/// a hand writes small and large.
package struct GestureRules: Sendable {
    /// The gestures that are switched on.
    package var gestures: Set<Gesture> = Set(Gesture.allCases)

    /// The least way of a strike, and of a back stroke.
    var strikeWidth: Float = 3
    var backWidth: Float = 3
    /// The least way down and to the left of a hook.
    var hookDown: Float = 1.6
    var hookLeft: Float = 1.6
    /// The least width of a scratch.
    var scratchWidth: Float = 1.2
    var scratchTurns = 4
    /// Height in relation to width: a line is flat.
    var flatness: Float = 0.3
    /// Way from end to end in relation to the way along the stroke: a line is straight.
    var straightness: Float = 0.9

    package init() {}
}
