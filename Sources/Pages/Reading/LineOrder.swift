import DuctusInk

/// The order in which a line's strokes are read: that of writing, except for strokes that were put in later.
///
/// A word written after the page was done, or the dots and crosses of a whole line, are moved to the letters beside which they stand. Strokes
/// that are delayed within a word stay where they are: models have learnt them so. Where the strokes come in no order of writing, their places
/// tell one.
package enum LineOrder {
    /// How far behind the writing a stroke must be to be moved, in x-heights.
    private static let leastDelay = 6.0
    /// Where a stroke's turn comes, from its left end to its right end: between the two orders of left ends and of middles.
    private static let turn = 0.3
    /// Steps from letter to letter that an order is told by.
    private static let fewest = 6
    /// A line whose letters step back more often was not written in this order.
    private static let mostReturns = 0.3

    /// The indexes of a line's strokes in reading order.
    ///
    /// - Parameter isWritten: they come in the order of writing.
    package static func order(of line: MeasuredLine, isWritten: Bool) -> [Int] {
        let boxes = line.shapes.map(\.box)
        guard !isWritten else { return order(of: boxes, xHeight: line.xHeight) }
        let letters = line.letters, isLetter = Set(letters)
        return order(byPlaceOf: boxes, letters: letters, small: boxes.indices.filter { !isLetter.contains($0) })
    }

    /// Whether strokes may have been written in the order in which they come: not where they are sorted by place, and not where they jump to
    /// and fro.
    ///
    /// - Parameter lines: of one page.
    package static func isOrderOfWriting(_ lines: [MeasuredLine]) -> Bool {
        var steps = 0, returns = 0
        for line in lines {
            let letters = line.letters.map { line.shapes[$0].box }
            steps += max(0, letters.count - 1)
            returns += zip(letters, letters.dropFirst()).count { $1.midX < $0.minX - 0.5 * line.xHeight }
        }
        guard steps >= fewest else { return true }
        func isSorted(by place: (PlaneBox) -> Double) -> Bool {
            lines.allSatisfy { line in
                zip(line.shapes, line.shapes.dropFirst()).allSatisfy { place($0.box) <= place($1.box) }
            }
        }
        guard !isSorted(by: \.minX), !isSorted(by: \.midX) else { return false }
        return Double(returns) <= mostReturns * Double(steps)
    }

    /// Letters from left to right, each with the dots and bars over it behind it.
    private static func order(byPlaceOf boxes: [PlaneBox], letters: [Int], small: [Int]) -> [Int] {
        func place(_ at: Int) -> Double { boxes[at].minX + turn * boxes[at].width }
        let letters = letters.sorted { (place($0), $0) < (place($1), $1) }
        var following: [Int: [Int]] = [:]
        for at in small.sorted(by: { (boxes[$0].midX, $0) < (boxes[$1].midX, $1) }) {
            following[letters.lastIndex { place($0) <= boxes[at].midX } ?? -1, default: []].append(at)
        }
        return (following[-1] ?? []) + letters.indices.flatMap { [letters[$0]] + (following[$0] ?? []) }
    }

    /// The indexes of `boxes` in reading order.
    ///
    /// - Parameter boxes: of the line's strokes, in the order of writing, the line level.
    package static func order(of boxes: [PlaneBox], xHeight: Double) -> [Int] {
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
