import DuctusInk

/// The order in which a line's strokes are read: that of writing, except for what was put in later.
///
/// A word written after the page was done, or the dots and crosses of a whole line, are moved to the letters beside which they stand. Strokes
/// that are delayed within a word stay where they are: models have learnt them so.
enum LineOrder {
    /// How far behind the writing a stroke must be to be moved, in x-heights.
    private static let leastDelay = 6.0

    /// The indexes of `boxes` in reading order.
    ///
    /// - Parameter boxes: of the line's strokes, in the order of writing, the line level.
    static func order(of boxes: [PlaneBox], xHeight: Double) -> [Int] {
        var kept: [Int] = [], late: [Int] = []
        var edge = -Double.infinity
        // A page's strokes may begin anywhere; what is written against the direction of reading is late as a whole.
        for at in boxes.indices {
            if !boxes[at].isEmpty, boxes[at].maxX < edge - leastDelay * xHeight {
                late.append(at)
            } else {
                kept.append(at)
                edge = max(edge, boxes[at].maxX)
            }
        }
        guard !late.isEmpty else { return kept }
        var following: [Int: [Int]] = [:]
        for at in late {
            let place = kept.lastIndex { boxes[$0].midX <= boxes[at].midX } ?? -1
            following[place, default: []].append(at)
        }
        var order: [Int] = []
        order.reserveCapacity(boxes.count)
        for place in -1..<kept.count {
            if place >= 0 { order.append(kept[place]) }
            // Late words among themselves: left to right, each in its own order of writing.
            if let group = following[place] { order += Self.order(ofLate: group, boxes, xHeight: xHeight) }
        }
        return order
    }

    private static func order(ofLate group: [Int], _ boxes: [PlaneBox], xHeight: Double) -> [Int] {
        guard group.count > 1 else { return group }
        return order(of: group.map { boxes[$0] }, xHeight: xHeight).map { group[$0] }
    }
}
