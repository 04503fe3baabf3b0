import Foundation

/// Finds the lines of text of one block and gives each stroke to one of them.
///
/// The ridges of the ink's density are the first lines. Then, in turn, strokes go to the lines that they fit best, and lines are fitted
/// to their strokes. Where the order of writing agrees with the lines, it is evidence for the strokes that geometry leaves open.
struct LineFinder {
    let shapes: [StrokeShape]
    /// The height of small letters, in the units of the ink.
    let xHeight: Double
    private(set) var kinds: [LineFit.Kind]
    /// The measure of heights about the lines, in the units of the ink: the x-height, more where the lines stand far apart.
    private(set) var unit: Double
    var lines: [CentreLine] = []
    /// The line of each stroke.
    var owner: [Int]

    /// - Parameter shapes: in the order in which they stand on the page, which may be the order of writing; not empty.
    init(_ shapes: [StrokeShape], xHeight: Double) {
        self.shapes = shapes
        self.xHeight = xHeight
        unit = xHeight
        kinds = shapes.map { LineFit.kind(of: $0, xHeight: xHeight) }
        owner = [Int](repeating: -1, count: shapes.count)
        start()
        guard lines.count <= Self.mostLines else {
            assign(withOrder: false)
            dropEmpty()
            return
        }
        for _ in 0..<2 { assign(withOrder: false); refit() }
        spawn()
        for _ in 0..<3 {
            merge()
            join()
            dissolve()
            assign(withOrder: true)
            refit()
        }
        if divideSweeps() { assign(withOrder: true); refit() }
        assign(withOrder: true)
        beginWhereThePenReturns()
        joinOpenings()
        joinMarks()
    }

    /// Lines, top to bottom: their strokes, and where they run.
    var found: [(strokes: [Int], centre: CentreLine)] {
        var groups = [[Int]](repeating: [], count: lines.count)
        for (at, line) in owner.enumerated() { groups[line].append(at) }
        return lines.indices.filter { !groups[$0].isEmpty }
            .sorted { middle(of: groups[$0]) < middle(of: groups[$1]) }
            .map { (groups[$0], lines[$0]) }
    }

    private func middle(of strokes: [Int]) -> Double {
        guard !strokes.isEmpty else { return 0 }
        return strokes.reduce(0) { $0 + shapes[$1].centre.y } / Double(strokes.count)
    }

    private mutating func start() {
        let swings = shapes.flatMap(\.swings)
        if !swings.isEmpty {
            unit = LinePitch.unit(of: swings, xHeight: xHeight)
            kinds = shapes.map { LineFit.kind(of: $0, xHeight: (unit * xHeight).squareRoot()) }
            let density = InkDensity(of: swings, xHeight: xHeight, reach: 3.5, blur: 0.8 * unit)
            let ridges = Ridge.ridges(of: density, step: 0.35 * unit)
            lines = ridges.map { ridge in
                CentreLine(
                    through: zip(ridge.places, ridge.strength).map {
                        .init(x: $0.x, y: $0.y, weight: Double($1))
                    }, xHeight: unit)
            }
            extents = ridges.map { ridge in (ridge.places.first?.x ?? 0, ridge.places.last?.x ?? 0) }
        }
        if lines.isEmpty {
            lines = [
                CentreLine(
                    through: shapes.map { .init(x: $0.centre.x, y: $0.centre.y, weight: 1) }, xHeight: xHeight)
            ]
            extents = [(-.infinity, .infinity)]
        }
    }

    /// The extent of each line's ink.
    private var extents: [(Double, Double)] = []

    /// The cost of each stroke in each line, in nats.
    private func costs() -> [[Double]] {
        var letters = [[Int]](repeating: [], count: lines.count)
        for (at, line) in owner.enumerated() where kinds[at] != .small && letters.indices.contains(line) {
            letters[line].append(at)
        }
        return shapes.indices.map { at in
            lines.indices.map { line in
                let (left, right) = extents[line]
                let gap = max(0, left - shapes[at].box.maxX, shapes[at].box.minX - right) / unit
                let beside = kinds[at] == .body ? 0 : cost(ofStanding: at, beside: letters[line], of: line)
                return fit(at, line) + 0.25 * max(0, gap - 2) + beside
            }
        }
    }

    /// The cost of a small stroke's distance from a line's letters. Dots stand above a letter, stops and commas behind
    /// one.
    private func cost(ofStanding at: Int, beside letters: [Int], of line: Int) -> Double {
        let box = shapes[at].box
        let isAbove = box.midY - lines[line].y(at: box.midX) < -0.6 * unit
        return (isAbove ? Self.aside : Self.behind) * nearest(to: at, among: letters)
    }

    /// The horizontal gap to the nearest letters of a line, in units.
    private func nearest(to at: Int, among letters: [Int]) -> Double {
        var least = 4.0
        for other in letters where other != at {
            least = min(least, shapes[at].box.gapX(to: shapes[other].box) / unit)
            if least == 0 { break }
        }
        return least
    }

    private mutating func assign(withOrder: Bool) {
        let costs = costs()
        if !withOrder {
            owner = costs.map { row in row.indices.min { row[$0] < row[$1] } ?? 0 }
            return
        }
        let leaving = OrderedAssignment.switching(in: owner, kinds: kinds)
        let switching = shapes.indices.map { at in
            at == 0 || leaving == 0
                ? 0 : leaving + PenJump.cost(from: shapes[at - 1].box, to: shapes[at].box, unit: unit)
        }
        owner = OrderedAssignment.best(costs, switching: switching)
    }

    /// Gives strokes about the change from one line to the next to the line that the pen's way back tells.
    private mutating func beginWhereThePenReturns() {
        guard OrderedAssignment.switching(in: owner, kinds: kinds) > 0 else { return }
        let assigned = owner
        for at in owner.indices.dropFirst() where assigned[at] != assigned[at - 1] {
            let (old, new) = (assigned[at - 1], assigned[at])
            let start = PenReturn.start(near: at, xHeight: xHeight) { place in
                guard owner.indices.contains(place), assigned[place] == (place < at ? old : new) else { return nil }
                return shapes[place].box
            }
            for place in min(start, at)..<max(start, at) {
                let (from, to) = start < at ? (old, new) : (new, old)
                if fit(place, to) < fit(place, from) + Self.returnCost { owner[place] = to }
            }
        }
    }

    mutating func refit() {
        dropEmpty()
        var members = [[Int]](repeating: [], count: lines.count)
        for (at, line) in owner.enumerated() where kinds[at] != .small { members[line].append(at) }
        for line in lines.indices {
            let support = support(of: members[line])
            if !support.isEmpty { lines[line] = CentreLine(through: support, xHeight: unit) }
        }
        measureExtents()
    }

    /// The places through which a line of these strokes runs.
    func support(of strokes: [Int]) -> [CentreLine.Support] {
        strokes.flatMap { at in
            shapes[at].swings.map { swing in
                let ratio = swing.height / unit
                return .init(x: swing.x, y: swing.y, weight: ratio < 1 ? ratio : 1 / (ratio * ratio))
            }
        }
    }

    private mutating func measureExtents() {
        extents = [(Double, Double)](repeating: (.infinity, -.infinity), count: lines.count)
        for (at, line) in owner.enumerated() {
            extents[line].0 = min(extents[line].0, shapes[at].box.minX)
            extents[line].1 = max(extents[line].1, shapes[at].box.maxX)
        }
    }

    /// Lines without a stroke that stands on them are none.
    mutating func dropEmpty() {
        var standing = [Int](repeating: 0, count: lines.count)
        for (at, line) in owner.enumerated() where kinds[at] != .small { standing[line] += 1 }
        for line in lines.indices.reversed() where standing[line] == 0 && lines.count > 1 { remove(line) }
        measureExtents()
    }

    /// Gives a line's strokes to the others.
    private mutating func remove(_ line: Int) {
        lines.remove(at: line)
        extents.remove(at: line)
        for at in owner.indices {
            if owner[at] == line {
                owner[at] = lines.indices.min { fit(at, $0) < fit(at, $1) } ?? 0
            } else if owner[at] > line {
                owner[at] -= 1
            }
        }
    }

    func fit(_ at: Int, _ line: Int) -> Double {
        LineFit.cost(of: shapes[at], kind: kinds[at], on: lines[line], xHeight: unit)
    }

    /// Begins lines of strokes that stand on none: words that are too short for a ridge.
    private mutating func spawn() {
        for _ in 0..<4 {
            let lost = shapes.indices.filter { kinds[$0] != .small && fit($0, owner[$0]) > Self.spawnCost }
            guard let seed = lost.max(by: { shapes[$0].swings.count < shapes[$1].swings.count }) else { return }
            let height = shapes[seed].centre.y
            let together = lost.filter { abs(shapes[$0].centre.y - height) < unit }
            let places = together.map {
                CentreLine.Support(x: shapes[$0].centre.x, y: shapes[$0].centre.y, weight: 1)
            }
            for at in together { owner[at] = lines.count }
            lines.append(CentreLine(through: places, xHeight: unit))
            refit()
            assign(withOrder: false)
            refit()
        }
    }

    /// How a stroke stands on its own line, and on the best other one.
    private struct Standing {
        var own = 0.0
        var other = Double.infinity
        var otherLine = -1
    }

    /// - Parameter fits: counts the lines that were tried.
    private func standing(_ at: Int, _ fits: inout Int) -> Standing {
        var standing = Standing()
        guard kinds[at] != .small else { return standing }
        fits += lines.count
        standing.own = fit(at, owner[at])
        for candidate in lines.indices where candidate != owner[at] { consider(candidate, for: at, &standing) }
        return standing
    }

    private func consider(_ candidate: Int, for at: Int, _ standing: inout Standing) {
        let cost = fit(at, candidate)
        if cost < standing.other { (standing.other, standing.otherLine) = (cost, candidate) }
    }

    /// The standings after a line was given up; only those that this concerns are computed anew.
    ///
    /// - Parameters:
    ///   - removed: the number that the line had.
    ///   - old: the lines and the strokes' owners before.
    private func standings(
        after removed: Int, from old: (lines: [CentreLine], owner: [Int]), _ standings: [Standing], _ fits: inout Int
    ) -> [Standing] {
        guard lines.count == old.lines.count - 1 else { return shapes.indices.map { standing($0, &fits) } }
        let isChanged = lines.indices.map { lines[$0] != old.lines[$0 < removed ? $0 : $0 + 1] }
        let changed = lines.indices.filter { isChanged[$0] }
        func now(_ line: Int) -> Int { line > removed ? line - 1 : line }
        return shapes.indices.map { at in
            var standing = standings[at]
            guard kinds[at] != .small else { return standing }
            let (own, other) = (owner[at], standing.otherLine)
            guard old.owner[at] != removed, now(old.owner[at]) == own, other >= 0, other != removed,
                !isChanged[now(other)]
            else { return self.standing(at, &fits) }
            standing.otherLine = now(other)
            if isChanged[own] { standing.own = fit(at, own) }
            for candidate in changed where candidate != own { consider(candidate, for: at, &standing) }
            return standing
        }
    }

    /// The loss if each line were dissolved: how much worse its strokes fit the other lines, in all and per stroke, in
    /// nats.
    private func worths(_ standings: [Standing]) -> [(sum: Double, mean: Double)] {
        var worths = [(sum: Double, mean: Double)](repeating: (0, 0), count: lines.count)
        var counts = [Double](repeating: 0, count: lines.count)
        for (at, line) in owner.enumerated() where kinds[at] != .small {
            let gap = standings[at].other - standings[at].own
            let loss = min(8, gap)
            // Strokes of many turns are letters for sure; what stands far from all lines is no stray comma of theirs.
            worths[line].sum += loss * min(1.5, 0.4 + 0.2 * Double(shapes[at].swings.count)) + min(20, max(0, gap - 10))
            worths[line].mean += loss
            counts[line] += 1
        }
        for line in lines.indices where counts[line] > 0 { worths[line].mean /= counts[line] }
        return worths
    }

    /// Joins pieces of one line: they stand beside each other, nearer in height than lines do. A line's end may droop.
    private mutating func join() {
        var first = 0
        while first < lines.count {
            let second = lines.indices.first { $0 != first && isContinued(first, by: $0) }
            guard let second else {
                first += 1
                continue
            }
            for at in owner.indices where owner[at] == second { owner[at] = first }
            refit()
            first = 0
        }
    }

    private func isContinued(_ left: Int, by right: Int) -> Bool {
        let (a, b) = (extents[left], extents[right])
        guard b.0 > a.1 - 0.5 * unit, b.0 - a.1 < 8 * unit else { return false }
        return abs(lines[left].y(at: a.1) - lines[right].y(at: b.0)) < Self.joint * unit
    }

    /// Gives up lines of quotation marks and bars alone, above or below letters.
    private mutating func dissolve() {
        for line in lines.indices.reversed() where lines.count > 1 {
            var box = PlaneBox()
            let members = owner.indices.filter { owner[$0] == line }
            for at in members { box.formUnion(shapes[at].box) }
            guard members.allSatisfy({ kinds[$0] != .body }), box.height < 1.3 * unit else { continue }
            let isBeside = lines.indices.contains { other in
                other != line && extents[other].0 - 3 * unit < box.midX && extents[other].1 + 3 * unit > box.midX
                    && abs(lines[other].y(at: box.midX) - box.midY) < 3.2 * unit
            }
            if isBeside { remove(line) }
        }
        measureExtents()
    }

    /// Whether no other line's ink stands beside the line's: a word of a list does, bars of capitals do not.
    private func isApart(_ line: Int) -> Bool {
        var box = PlaneBox()
        for at in owner.indices where owner[at] == line { box.formUnion(shapes[at].box) }
        return !owner.indices.contains {
            owner[$0] != line && shapes[$0].box.gapY(to: box) == 0 && shapes[$0].box.gapX(to: box) < 3 * unit
        }
    }

    /// Gives up lines that the others can do without: a ridge of ascenders, or one that broke at a wide gap.
    private mutating func merge() {
        var fits = 0
        var standings = shapes.indices.map { standing($0, &fits) }
        while lines.count > 1, fits < Self.mostFits {
            var least: (line: Int, mean: Double)?
            for (line, worth) in worths(standings).enumerated() where worth.mean < least?.mean ?? .infinity {
                if worth.mean < Self.leastMean || worth.sum < Self.leastSumApart
                    || worth.sum < Self.leastSum && !isApart(line)
                {
                    least = (line, worth.mean)
                }
            }
            guard let line = least?.line else { break }
            let old = (lines, owner)
            remove(line)
            refit()
            standings = self.standings(after: line, from: old, standings, &fits)
        }
    }

    /// The cost of a small stroke's distance from letters, in nats per unit, above them and below.
    private static let aside = 1.0
    private static let behind = 0.35
    /// By how much worse a stroke may fit the line that the pen's way back tells, in nats.
    private static let returnCost = 8.0
    /// A stroke that costs more in the best of lines begins one.
    private static let spawnCost = 7.0
    /// The largest difference in height, in `unit`s, at which two pieces of one line meet.
    private static let joint = 1.9
    /// The least worth of a line, in nats: per stroke and in all; only in all where white space surrounds it.
    private static let leastMean = 3.5
    private static let leastSum = 14.0
    private static let leastSumApart = 8.0
    /// How often strokes are tried in lines while these are given up, at most: some hundred times what a full page needs. Ink beyond it
    /// was written by no hand, and others wait for it.
    private static let mostFits = 10_000_000
    /// Ridges beyond so many are no lines of a hand: each stroke goes to the nearest, and no more is asked.
    private static let mostLines = 1000
}
