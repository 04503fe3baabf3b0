import DuctusDrawing
import DuctusInk

/// The lines of a page while it is written. It decides for each new stroke whether it continues the line, begins one,
/// or returns to an earlier one.
///
/// It applies the page reader's rule as the ink comes. A stroke is judged by its fit to the lines so far, and by the
/// pen's way to it. Units and the size of the hand are learned from the ink. Old lines are forgotten, so memory is
/// bounded.
///
/// For example:
///
///     var page = LivePage()
///     let decision = page.add(stroke)
///     if decision.place != .sameLine { the newest `decision.strokes` strokes begin another segment }
package struct LivePage: Sendable {
    /// The place of a stroke.
    package enum Place: Equatable, Sendable {
        /// The line that is being written; the first stroke belongs to it.
        case sameLine
        case newLine
        /// The line with this number, counted from 0 as they began.
        case earlierLine(Int)
    }

    /// The decision on a new stroke.
    package struct Decision: Equatable, Sendable {
        package var place: Place
        /// The number of newest strokes that go to that place. Dots and quotation marks wait for the letters that they
        /// belong to.
        package var strokes: Int
        /// How much better they fit there, in nats; 0 if the strokes just before them may belong there, too.
        package var gain = 0.0
    }

    private struct Line {
        var number: Int
        var box = PlaneBox()
        var support: [CentreLine.Support] = []
        var centre: CentreLine
        var strokes = 0
    }

    /// The number of lines that are remembered.
    private static let mostLines = 24
    /// The number of swings from which the size of the hand is estimated.
    private static let mostSwings = 256
    /// The number of swings from which a line's course is estimated.
    private static let mostSupport = 96
    /// The largest number of strokes that wait.
    private static let mostWaiting = 8
    /// The least advantage, in nats, of another line for a small stroke that goes there without letters.
    private static let surely = 3.0
    /// The same for letters.
    private static let plainly = 0.0
    /// The cost of a new line in itself, beside that of its strokes, in nats. So a line begins only if the ink speaks
    /// for it.
    private static let leaving = 3.2
    private static let beginning = 1.6
    /// The cost of the pen's way back to where the line began.
    private static let returning = -1.5
    /// The least advantage, in nats, of a line of their own for all letters together.
    private static let enough = 4.0
    /// The least distance, in units, by which a stroke that begins a line stands back.
    private static let far = 8.0
    /// The number of strokes from which the size of the hand is estimated at first.
    private static let mostFirst = 8

    private var lines: [Line] = []
    private var current = 0
    private var nextNumber = 0
    private var heights: [Double] = []
    private var xHeight = 0.0
    /// The measure of heights about the lines, in the units of the ink.
    private var unit = 0.0
    /// The usual slope of the lines that are long enough to tell.
    private var leaning = 0.0
    private var last: PlaneBox?
    /// Small strokes that fit the line badly. The next strokes decide whether they left it.
    private var waiting: [StrokeShape] = []
    /// The letters that may begin a line.
    private var tentative: TentativeLine?
    /// Strokes since there were such letters or small strokes.
    private var certain = 0
    /// The first strokes; nil once the size of the hand is told without them.
    private var first: [StrokeShape]? = []

    package init() {}

    /// Whether the newest stroke stands far back from the one before, as the first of a line does.
    package private(set) var wentBack = false

    /// Whether nothing was written yet.
    package var isEmpty: Bool { lines.isEmpty }

    /// The number of the line that is being written.
    package var line: Int { lines.isEmpty ? 0 : lines[current].number }

    /// The number of the next line that begins.
    package var nextLine: Int { nextNumber }

    /// The height of the line that is being written.
    package var height: Double { lines.isEmpty ? 0 : lines[current].box.height }

    /// The height of small letters; 0 while it is not known.
    package var scale: Double { xHeight }

    /// Replaces the division into lines by the true one, once it is known.
    ///
    /// - Parameters:
    ///   - cuts: where another line begins in `strokes`.
    ///   - first: the number of the first line that they seemed to be of.
    package mutating func correct(_ strokes: [Stroke], cutAt cuts: [Int], from first: Int) {
        lines.removeAll { $0.number >= first }
        measure()
        waiting = []
        tentative = nil
        for (from, to) in zip([0] + cuts, cuts + [strokes.count]) {
            var isBegun = false
            for stroke in strokes[from..<to] {
                guard let shape = shape(of: stroke.samples[...]) else { continue }
                if !isBegun { begin(with: shape) }
                isBegun = true
                put(shape)
            }
        }
        guard !lines.isEmpty else {
            self = LivePage()
            return
        }
        current = min(current, lines.count - 1)
    }

    /// Takes a whole stroke to the line where it belongs.
    ///
    /// - Parameter cameBack: the pen had been out of reach just before the stroke: it may be anywhere.
    ///
    /// Strokes without a sample, or with none that is finite, belong to the line that is being written.
    @discardableResult
    package mutating func add(_ stroke: ArraySlice<Sample>, cameBack: Bool = false) -> Decision {
        wentBack = false
        guard let shape = shape(of: stroke) else { return Decision(place: .sameLine, strokes: 1) }
        if let last { wentBack = shape.box.midX < last.midX - Self.far * unit }
        guard !lines.isEmpty else {
            begin(with: shape)
            include(shape)
            return Decision(place: .sameLine, strokes: 1)
        }
        certain = waiting.isEmpty && tentative == nil ? certain + 1 : 0
        if let decision = goOn(with: shape) { return decision }
        let (place, gain) = place(of: shape, leaving: cameBack ? Self.leaving / 2 : Self.leaving)
        let isBody = LineFit.kind(of: shape, xHeight: kindScale) == .body
        if isBody, place == .newLine, gain < Self.enough {
            tentative = TentativeLine(beginning: shape, gain: gain, xHeight: unit, leaning: leaning)
            waiting = []
            last = shape.box
            return Decision(place: .sameLine, strokes: 1)
        }
        let needed = isBody ? Self.plainly : Self.surely
        if place != .sameLine, gain < needed, waiting.count < Self.mostWaiting {
            waiting.append(shape)
            last = shape.box
            return Decision(place: .sameLine, strokes: 1)
        }
        let left = lines[current]
        switch place {
        case .sameLine: break
        case .newLine: begin(with: shape)
        case .earlierLine(let number): current = lines.firstIndex { $0.number == number } ?? current
        }
        include(shape)
        let along = place == .sameLine ? 0 : waiting.reversed().prefix { fit($0, lines[current]) < fit($0, left) }.count
        waiting = []
        return Decision(place: place, strokes: 1 + along, gain: certain > 1 ? gain : 0)
    }

    /// Weighs a stroke that follows letters which may begin a line; nil where there are none.
    private mutating func goOn(with shape: StrokeShape) -> Decision? {
        guard var begun = tentative else { return nil }
        let kind = LineFit.kind(of: shape, xHeight: kindScale)
        let apart = LineFit.cost(of: shape, kind: kind, on: begun.centre, xHeight: unit)
        begun.add(shape, gain: stay(shape) - apart, xHeight: unit, leaning: leaning)
        tentative = nil
        if begun.gain >= Self.enough {
            begin(with: begun.strokes[0])
            for stroke in begun.strokes { include(stroke) }
            return Decision(place: .newLine, strokes: begun.strokes.count)
        }
        if begun.gain < 0 || begun.strokes.count > Self.mostWaiting {
            for stroke in begun.strokes { include(stroke) }
        } else {
            tentative = begun
            last = shape.box
        }
        return Decision(place: .sameLine, strokes: 1)
    }

    /// Bytes that it occupies, about. Asked for each packet, so it makes no arrays.
    package var byteCount: Int {
        func bytes(_ strokes: [StrokeShape]?) -> Int {
            strokes?.reduce(0) { $0 + 256 + $1.points.count * MemoryLayout<PlanePoint>.stride } ?? 0
        }
        let held = bytes(waiting) + bytes(tentative?.strokes) + bytes(first)
        return lines.reduce(512 + heights.count * 8 + held) { $0 + 256 + $1.support.count * 24 }
    }

    /// Bytes that the geometry of the lines occupies at most: what is kept between segments, besides strokes that wait.
    package static let mostBytes = 512 + mostSwings * 8 + mostLines * (256 + mostSupport * 24)

    private var kindScale: Double { (unit * xHeight).squareRoot() }

    /// Measures the lines after they changed: a stroke asks for it at each of them.
    private mutating func measure() {
        unit = pitch.map { min(2.2 * xHeight, max(xHeight, $0 / 4.5)) } ?? 1.3 * xHeight
        let slopes = lines.filter { $0.box.width > 12 * unit }.map(\.centre.slope).sorted()
        leaning = slopes.isEmpty ? 0 : slopes[slopes.count / 2]
    }

    /// The usual distance of lines that follow each other.
    private var pitch: Double? {
        var distances: [Double] = []
        for (above, below) in zip(lines, lines.dropFirst()) where above.box.gapX(to: below.box) == 0 {
            let x = (max(above.box.minX, below.box.minX) + min(above.box.maxX, below.box.maxX)) / 2
            let distance = abs(below.centre.y(at: x) - above.centre.y(at: x))
            if distance > 1.5 * xHeight { distances.append(distance) }
        }
        guard distances.count >= 2 else { return nil }
        return distances.sorted()[distances.count / 2]
    }

    private func shape(of stroke: ArraySlice<Sample>) -> StrokeShape? {
        let points = stroke.lazy.filter { $0.x.isFinite && $0.y.isFinite }.map {
            PlanePoint(Double($0.x), Double($0.y))
        }
        let shape = StrokeShape(index: 0, points: Array(points))
        guard !shape.points.isEmpty else { return nil }
        var measured = shape
        if xHeight > 0 {
            measured.swings = Swing.swings(of: shape.points, least: 0.25 * xHeight)
        } else {
            var alone = [shape]
            _ = InkScale(measuring: &alone)
            measured = alone[0]
        }
        return measured
    }

    /// The cost of staying in the line that is being written, in nats.
    private func stay(_ shape: StrokeShape) -> Double {
        min(fit(shape, lines[current]), fitToLatest(shape) ?? .infinity)
    }

    /// The cost of a stroke as a continuation of the letters just written, in nats. Lines drift, most of all on boards
    /// and loose sheets.
    private func fitToLatest(_ shape: StrokeShape) -> Double? {
        guard let last, shape.box.midX > last.midX, last.gapX(to: shape.box) < 6 * unit else { return nil }
        let latest = lines[current].support.suffix(24).filter { abs($0.x - last.midX) < 10 * unit }
        guard !latest.isEmpty else { return nil }
        let centre = CentreLine(through: latest, xHeight: unit, leaning: leaning)
        return 0.5
            + LineFit.cost(of: shape, kind: LineFit.kind(of: shape, xHeight: kindScale), on: centre, xHeight: unit)
    }

    private func fit(_ shape: StrokeShape, _ line: Line) -> Double {
        let kind = LineFit.kind(of: shape, xHeight: kindScale)
        let gap = line.box.gapX(to: shape.box) / unit
        return LineFit.cost(of: shape, kind: kind, on: line.centre, xHeight: unit) + 0.25 * max(0, gap - 3)
    }

    /// The place of a stroke, and by how much it is better there than in the line that is being written.
    private func place(of shape: StrokeShape, leaving: Double) -> (place: Place, gain: Double) {
        guard xHeight > 0, let last else { return (.sameLine, 0) }
        let jump = PenJump.cost(from: last, to: shape.box, unit: unit)
        let away = leaving + (isReturn(shape, from: last) ? min(Self.returning, jump) : jump)
        let here = stay(shape)
        var best = (place: Place.sameLine, cost: here)
        if away + Self.beginning < best.cost { best = (.newLine, away + Self.beginning) }
        for (at, line) in lines.enumerated() where at != current {
            let cost = fit(shape, line) + away
            // A line far to the side is another column's.
            if cost < best.cost, line.box.gapX(to: shape.box) < 4 * unit { best = (.earlierLine(line.number), cost) }
        }
        return (best.place, here - best.cost)
    }

    /// Whether the pen went down and back to where the line began: words of a list stand close below each other.
    private func isReturn(_ shape: StrokeShape, from last: PlaneBox) -> Bool {
        shape.box.minX < min(last.minX + 0.5 * unit, lines[current].box.minX + unit)
            && shape.box.midY > last.midY + 1.5 * unit
    }

    private mutating func begin(with shape: StrokeShape) {
        if lines.count >= Self.mostLines {
            lines.removeFirst()
            measure()
        }
        lines.append(
            Line(
                number: nextNumber,
                centre: CentreLine(through: [Self.support(of: shape)], xHeight: max(xHeight, 1), leaning: leaning)))
        measure()
        nextNumber += 1
        current = lines.count - 1
    }

    private static func support(of shape: StrokeShape) -> CentreLine.Support {
        CentreLine.Support(x: shape.centre.x, y: shape.centre.y, weight: 0.5)
    }

    private mutating func include(_ shape: StrokeShape) {
        learnSize(of: shape)
        put(shape)
    }

    private mutating func put(_ shape: StrokeShape) {
        lines[current].box.formUnion(shape.box)
        lines[current].strokes += 1
        last = shape.box
        measure()
        guard unit > 0 else { return }
        if LineFit.kind(of: shape, xHeight: kindScale) != .small || lines[current].support.isEmpty {
            lines[current].support += shape.support(xHeight: unit)
            if lines[current].support.count > Self.mostSupport {
                lines[current].support.removeFirst(lines[current].support.count - Self.mostSupport)
            }
            lines[current].centre = CentreLine(through: lines[current].support, xHeight: unit, leaning: leaning)
            measure()
        }
    }

    private mutating func learnSize(of shape: StrokeShape) {
        if var shapes = first {
            // Swings are measured again over all strokes, because only all together show which movements are trembling.
            shapes.append(shape)
            xHeight = InkScale(measuring: &shapes).xHeight
            heights = shapes.flatMap { $0.swings.prefix(24).map(\.height) }
            first = shapes.count < Self.mostFirst ? shapes : nil
            return
        }
        heights += shape.swings.prefix(24).map(\.height)
        if heights.count > Self.mostSwings { heights.removeFirst(heights.count - Self.mostSwings) }
        let sorted = heights.sorted()
        if !sorted.isEmpty { xHeight = sorted[sorted.count * 9 / 20] }
    }
}

/// Letters that may begin a line. The next strokes decide whether they do.
private struct TentativeLine: Sendable {
    private(set) var strokes: [StrokeShape]
    private(set) var centre: CentreLine
    /// The advantage of a line of their own for all of them, in nats.
    private(set) var gain: Double
    private var support: [CentreLine.Support] = []

    init(beginning shape: StrokeShape, gain: Double, xHeight: Double, leaning: Double) {
        strokes = [shape]
        self.gain = gain
        support = shape.support(xHeight: xHeight)
        centre = CentreLine(through: support, xHeight: xHeight, leaning: leaning)
    }

    mutating func add(_ shape: StrokeShape, gain: Double, xHeight: Double, leaning: Double) {
        strokes.append(shape)
        self.gain += gain
        support += shape.support(xHeight: xHeight)
        centre = CentreLine(through: support, xHeight: xHeight, leaning: leaning)
    }
}

extension StrokeShape {
    /// The points through which the middle of its small letters runs.
    func support(xHeight: Double) -> [CentreLine.Support] {
        let places = swings.map { swing in
            let ratio = swing.height / max(xHeight, .leastNormalMagnitude)
            return CentreLine.Support(x: swing.x, y: swing.y, weight: ratio < 1 ? ratio : 1 / (ratio * ratio))
        }
        return places.isEmpty ? [CentreLine.Support(x: centre.x, y: centre.y, weight: 0.5)] : places
    }
}
