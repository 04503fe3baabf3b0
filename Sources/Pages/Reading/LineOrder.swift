import DuctusInk

/// The order in which a line's strokes are read: that of writing, except for strokes that were put in later.
///
/// A word written after the page was done, or the dots and crosses of a whole line, are moved to the letters beside which they stand. Strokes
/// that are delayed within a word stay where they are: models have learnt them so. Where the strokes come in no order of writing, their places
/// tell one.
package enum LineOrder {
    /// How far behind the writing a stroke must be to be moved, in x-heights, where other lines were written in between.
    private static let leastDelay = 6.0
    /// The same where the line was written in one go: bars and dots are set when a long word is done.
    private static let leastDelayInOneGo = 15.0
    /// Strokes of a line at most.
    private static let mostStrokes = 512
    /// Late words among late words are looked for so often: ink that runs backward all the way is no line of a hand.
    private static let mostPasses = 4
    /// So many strokes of other lines in between interrupt a line; a stray dot does not.
    private static let interruption = 3
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
        guard !isWritten else { return order(of: boxes, goes: goes(of: line.members), xHeight: line.xHeight) }
        let letters = line.letters, isLetter = Set(letters)
        return order(byPlaceOf: boxes, letters: letters, small: boxes.indices.filter { !isLetter.contains($0) })
    }

    /// The order in which strokes of one line are read that come in the order of writing; nil where they stay as they are.
    ///
    /// - Parameter strokes: of a hand's line. More than a line has stay in their order, and so does a script that runs from right to left.
    package static func order(ofWritten strokes: [Stroke]) -> [Int]? {
        guard (2...mostStrokes).contains(strokes.count) else { return nil }
        let line = MeasuredLine(Array(strokes.indices), of: strokes)
        guard isOrderOfWriting([line]) else { return nil }
        let order = order(of: line, isWritten: true)
        return order == Array(strokes.indices) ? nil : order
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
        let places = letters.map(place)
        var following: [Int: [Int]] = [:]
        for at in small.sorted(by: { (boxes[$0].midX, $0) < (boxes[$1].midX, $1) }) {
            following[places.lastIndex(notBeyond: boxes[at].midX), default: []].append(at)
        }
        return (following[-1] ?? []) + letters.indices.flatMap { [letters[$0]] + (following[$0] ?? []) }
    }

    /// The number of the go in which each stroke of a line was written: strokes of other lines stand between two goes.
    private static func goes(of members: [Int]) -> [Int] {
        var goes: [Int] = []
        goes.reserveCapacity(members.count)
        for (at, member) in members.enumerated() {
            let isLater = at > 0 && member - members[at - 1] > interruption
            goes.append((goes.last ?? 0) + (isLater ? 1 : 0))
        }
        return goes
    }

    /// The indexes of `boxes` in reading order.
    ///
    /// - Parameters:
    ///   - boxes: of the line's strokes, in the order of writing, the line level.
    ///   - goes: the number of the go in which each was written, in ascending order.
    package static func order(of boxes: [PlaneBox], goes: [Int], xHeight: Double) -> [Int] {
        order(of: Array(boxes.indices), boxes, goes, xHeight: xHeight, passes: mostPasses)
    }

    private static func order(
        of members: [Int], _ boxes: [PlaneBox], _ goes: [Int], xHeight: Double, passes: Int
    ) -> [Int] {
        guard members.count > 1 else { return members }
        guard passes > 0 else { return members.sorted { (boxes[$0].minX, $0) < (boxes[$1].minX, $1) } }
        var kept: [Int] = [], late: [Int] = []
        var edge = -Double.infinity, edgeBefore = -Double.infinity, go = goes[members[0]]
        // A page's strokes may begin anywhere; what is written against the direction of reading is late as a whole.
        for at in members {
            if goes[at] != go { edgeBefore = edge }
            go = goes[at]
            let due = max(edgeBefore - leastDelay * xHeight, edge - leastDelayInOneGo * xHeight)
            if !boxes[at].isEmpty, boxes[at].maxX < due {
                late.append(at)
            } else {
                kept.append(at)
                edge = max(edge, boxes[at].maxX)
            }
        }
        guard !late.isEmpty else { return kept }
        // The leftmost middle from each place on: no less than those before it.
        var middles = kept.map { boxes[$0].midX }
        for at in middles.indices.dropLast().reversed() { middles[at] = min(middles[at], middles[at + 1]) }
        var following: [Int: [Int]] = [:]
        for at in late { following[middles.lastIndex(notBeyond: boxes[at].midX), default: []].append(at) }
        var order: [Int] = []
        order.reserveCapacity(members.count)
        for place in -1..<kept.count {
            if place >= 0 { order.append(kept[place]) }
            // Late words among themselves: left to right, each in its own order of writing.
            if let group = following[place] {
                order += Self.order(of: group, boxes, goes, xHeight: xHeight, passes: passes - 1)
            }
        }
        return order
    }
}

extension [Double] {
    /// The index of the last number that is not greater than `limit`; -1 where there is none. The numbers ascend.
    fileprivate func lastIndex(notBeyond limit: Double) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= limit { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }
}
