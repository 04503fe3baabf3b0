/// Tells where a line begins from the pen's way back. Where strokes come in the order of writing, a line begins where the pen goes far back: a tall
/// stroke there is of the new line, and a dot or a comma before it is of the old one, unless it stands far from that line and near the new one.
package enum PenReturn {
    /// How far back the pen goes, in x-heights.
    private static let far = 10.0
    /// Strokes between the place at which lines seemed to change and the pen's way back, at most.
    private static let most = 2
    /// The greatest height of dots, commas and bars, in x-heights.
    private static let small = 0.75
    /// How much nearer to the new line's height a dot stands that begins it, in x-heights: more than lines usually stand apart and drift.
    private static let elsewhere = 8.0

    /// The index of the stroke that begins the line.
    ///
    /// - Parameters:
    ///   - cut: where it seems to begin.
    ///   - xHeight: the height of small letters, in the units of the boxes.
    ///   - box: gives the box of a stroke; nil where it has no ink, or is none of those that may be of either line.
    /// - Returns: `cut` where the pen goes back there, or nowhere near.
    package static func start(near cut: Int, xHeight: Double, box: (Int) -> PlaneBox?) -> Int {
        func goesBack(_ at: Int) -> Bool {
            guard let from = box(at - 1), let to = box(at) else { return false }
            return to.midX < from.midX - far * xHeight
        }
        func isSmall(_ at: Int) -> Bool { box(at).map { $0.height < small * xHeight } ?? true }
        func isElsewhere(_ at: Int, _ old: Int) -> Bool {
            guard let dot = box(at), let from = box(old), let to = box(cut) else { return false }
            return abs(dot.midY - to.midY) + elsewhere * xHeight < abs(dot.midY - from.midY)
        }
        guard xHeight > 0, !goesBack(cut) else { return cut }
        for distance in 1...most {
            let before = cut - distance, behind = cut + distance
            if goesBack(before), !(before..<cut).contains(where: { isSmall($0) && !isElsewhere($0, before - 1) }) {
                return before
            }
            if goesBack(behind), (cut..<behind).allSatisfy(isSmall) { return behind }
        }
        return cut
    }
}
