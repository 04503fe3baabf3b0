/// The evidence of the order of writing for what geometry leaves open: where strokes come in that order, a pen that went back over all of a line
/// began another, and letters that were written just before a line's first one, beside it, open the line.
extension LineFinder {
    /// The least extent, in units, and the fewest turns of the pen of each of two sweeps.
    private static let leastSweep = 10.0
    private static let fewestTurns = 12
    /// The share of the shorter sweep that lies above or below the other.
    private static let leastOverlap = 0.6
    /// The least distance of two sweeps, in units: written over, or put in later, words stand nearer.
    private static let leastDistance = 1.0
    /// The least gain of two lines, in nats.
    private static let leastGain = 14.0
    /// The strokes of an opening at most, and its greatest distance from the line's first letter, in units.
    private static let mostOfOpening = 6
    private static let besides = 2.0

    /// Marks that are made in one go at most, and their greatest distance from the line's letters, in units.
    private static let mostTogether = 3
    private static let above = 1.2

    /// Divides lines along which the pen went twice, one sweep below the other. Two lines that stand close are one ridge of ink.
    ///
    /// - Returns: whether there were any.
    mutating func divideSweeps() -> Bool {
        guard isOrdered else { return false }
        var hasDivided = false
        var line = 0
        while line < lines.count, lines.count < Self.mostSweeps {
            if let second = secondSweep(of: line) {
                for at in owner.indices where owner[at] == line && at >= second { owner[at] = lines.count }
                lines.append(lines[line])
                refit()
                hasDivided = true
            }
            line += 1
        }
        return hasDivided
    }

    /// The stroke with which the pen began to go along the line again; nil if it went once.
    private func secondSweep(of line: Int) -> Int? {
        let letters = owner.indices.filter { owner[$0] == line && kinds[$0] == .body }
        guard (4...Self.mostLetters).contains(letters.count) else { return nil }
        var best: (stroke: Int, gain: Double)?
        let returns = zip(letters, letters.dropFirst()).filter { before, at in
            shapes[at].box.midX < shapes[before].box.midX - Self.leastSweep * unit
        }
        for (_, at) in returns.prefix(Self.mostReturns) {
            let (first, second) = (letters.filter { $0 < at }, letters.filter { $0 >= at })
            guard let gain = gain(ofDividing: first, second, of: line), gain > best?.gain ?? Self.leastGain else {
                continue
            }
            best = (at, gain)
        }
        return best?.stroke
    }

    /// The gain of two lines, in nats; nil if the strokes are not two sweeps, one below the other.
    private func gain(ofDividing first: [Int], _ second: [Int], of line: Int) -> Double? {
        let (upper, lower) = (box(of: first), box(of: second))
        let overlap = min(upper.maxX, lower.maxX) - max(upper.minX, lower.minX)
        let shorter = min(upper.width, lower.width)
        guard shorter >= Self.leastSweep * unit, overlap >= Self.leastOverlap * shorter,
            turns(of: first) >= Self.fewestTurns, turns(of: second) >= Self.fewestTurns
        else { return nil }
        let centres = [first, second].map {
            CentreLine(through: support(of: $0), xHeight: unit, leaning: lines[line].slope)
        }
        let middle = (max(upper.minX, lower.minX) + min(upper.maxX, lower.maxX)) / 2
        guard abs(centres[1].y(at: middle) - centres[0].y(at: middle)) >= Self.leastDistance * unit else { return nil }
        func gain(_ strokes: [Int], _ centre: CentreLine) -> Double {
            strokes.reduce(0) {
                $0 + min(8, fit($1, line) - LineFit.cost(of: shapes[$1], kind: kinds[$1], on: centre, xHeight: unit))
            }
        }
        return gain(first, centres[0]) + gain(second, centres[1])
    }

    /// Gives openings to their lines: a large capital letter, quotation marks before one.
    mutating func joinOpenings() {
        guard isOrdered else { return }
        for line in lines.indices.reversed() where lines.count > 1 {
            let members = owner.indices.filter { owner[$0] == line }
            guard members.count <= Self.mostOfOpening, let last = members.last,
                let next = owner.indices.first(where: { $0 > last && kinds[$0] == .body }), owner[next] != line
            else { continue }
            let whole = owner.indices.filter { owner[$0] == owner[next] && kinds[$0] == .body }
            guard whole.first == next, whole.count > members.count else { continue }
            let opening = box(of: members), letters = box(of: Array(whole.prefix(2)))
            let common = min(opening.maxY, letters.maxY) - max(opening.minY, letters.minY)
            guard opening.midX < letters.minX, opening.gapX(to: letters) < Self.besides * unit,
                common > 0.4 * min(opening.height, letters.height)
            else { continue }
            let goal = owner[next]
            for at in members { owner[at] = goal }
        }
        dropEmpty()
    }

    /// Gives marks to their line: tall quotation marks, bars of capitals. The pen went to each from one line, and back to it.
    mutating func joinMarks() {
        guard isOrdered else { return }
        for line in lines.indices where lines.count > 1 {
            let members = owner.indices.filter { owner[$0] == line }
            guard let goal = lineAround(members, of: line) else { continue }
            let letters = box(of: owner.indices.filter { owner[$0] == goal && kinds[$0] == .body })
            guard members.allSatisfy({ shapes[$0].box.gapY(to: letters) < Self.above * unit }) else { continue }
            for at in members { owner[at] = goal }
        }
        dropEmpty()
    }

    /// The line that was being written before and after some of the strokes, and before or after the others; nil where there is none, or where many
    /// of the strokes came together.
    private func lineAround(_ members: [Int], of line: Int) -> Int? {
        var together = 0
        var neighbours: [(before: Int?, behind: Int?)] = []
        for (number, at) in members.enumerated() {
            together = number > 0 && at == members[number - 1] + 1 ? together + 1 : 1
            guard together <= Self.mostTogether else { return nil }
            neighbours.append(
                (
                    owner[..<at].lastIndex { $0 != line }.map { owner[$0] },
                    owner[at...].firstIndex { $0 != line }.map { owner[$0] }
                ))
        }
        guard let goal = neighbours.first(where: { $0.before == $0.behind })?.before,
            neighbours.allSatisfy({ $0.before == goal || $0.behind == goal })
        else { return nil }
        return goal
    }

    private var isOrdered: Bool { OrderedAssignment.switching(in: owner, kinds: kinds) > 0 }

    private func box(of strokes: [Int]) -> PlaneBox {
        strokes.reduce(into: PlaneBox()) { $0.formUnion(shapes[$1].box) }
    }

    private func turns(of strokes: [Int]) -> Int { strokes.reduce(0) { $0 + shapes[$1].swings.count } }

    /// More lines, letters of one and ways back along it are no hand's, and others wait for them.
    private static let mostSweeps = 200
    private static let mostLetters = 500
    private static let mostReturns = 40
}
