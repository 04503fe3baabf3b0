import DuctusDrawing

/// Words above a line that belong into it.
package struct Insertion: Equatable, Sendable {
    /// The words' strokes.
    package var strokes: [Int]
    /// Those of the line's strokes that stand before the words.
    package var leading: [Int]
}

/// Tells corrections above a line from lines: a few words that are squeezed between two lines, or above the first, where no line has room.
struct InsertionFinder {
    let unit: Double

    /// A line of strokes, given as indexes into the shapes, with what was put into it.
    struct Line {
        var strokes: [Int]
        var centre: CentreLine
        var insertions: [Insertion] = []
        /// The carets that show the places.
        var carets: [Int] = []
    }

    /// The share of the line's width that a correction has at most.
    private static let widest = 0.5
    /// Two lines farther apart, in the usual distance, have room for one between them.
    private static let farthest = 1.5
    /// How far above its line a correction stands at most, in the usual distance of lines.
    private static let highest = 0.75

    /// The lines, those that are corrections put into theirs.
    ///
    /// - Parameter lines: of a block, top to bottom.
    func lines(_ lines: [Line], _ shapes: [StrokeShape]) -> [Line] {
        guard lines.count > 2 else { return lines }
        let boxes = lines.map { line in
            line.strokes.reduce(into: PlaneBox()) { $0.formUnion(shapes[$1].box) }
        }
        let widest = boxes.map(\.width).max() ?? 0
        let long = lines.indices.filter { boxes[$0].width > Self.widest * widest }
        guard let pitch = pitch(of: lines, long, boxes) else { return lines }
        var result: [Line] = []
        var waiting: (line: Line, box: PlaneBox)?
        for (at, line) in lines.enumerated() {
            var line = line
            if let (above, box) = waiting {
                waiting = nil
                insert(above, box, into: &line, boxes[at], shapes)
            } else if at + 1 < lines.count,
                isSqueezed(
                    at, below: lines[..<at].indices.last { boxes[$0].gapX(to: boxes[at]) == 0 }, lines, boxes, pitch)
            {
                waiting = (line, boxes[at])
                continue
            }
            result.append(line)
        }
        return result
    }

    /// The usual distance of lines that follow each other; nil where there are too few.
    private func pitch(of lines: [Line], _ long: [Int], _ boxes: [PlaneBox]) -> Double? {
        let distances = zip(long, long.dropFirst()).map { above, below in
            let x = (max(boxes[above].minX, boxes[below].minX) + min(boxes[above].maxX, boxes[below].maxX)) / 2
            return lines[below].centre.y(at: x) - lines[above].centre.y(at: x)
        }.sorted()
        return distances.count < 2 ? nil : distances[distances.count / 2]
    }

    private func isSqueezed(
        _ at: Int, below above: Int?, _ lines: [Line], _ boxes: [PlaneBox], _ pitch: Double
    ) -> Bool {
        let box = boxes[at], host = boxes[at + 1], x = box.midX
        guard box.width < Self.widest * host.width, box.minX > host.minX - unit, box.maxX < host.maxX + 3 * unit else {
            return false
        }
        let distance = lines[at + 1].centre.y(at: x) - lines[at].centre.y(at: x)
        guard distance > 0, distance < Self.highest * pitch else { return false }
        guard let above, boxes[above].minX < x, boxes[above].maxX > x else { return true }
        return lines[at + 1].centre.y(at: x) - lines[above].centre.y(at: x) < Self.farthest * pitch
    }

    private func insert(
        _ words: Line, _ box: PlaneBox, into line: inout Line, _ host: PlaneBox, _ shapes: [StrokeShape]
    ) {
        let carets = line.strokes.filter { isCaret(shapes[$0], below: box, in: line) }
        line.strokes.removeAll { carets.contains($0) }
        line.carets += carets
        let tip = carets.first.map { shapes[$0].box.midX }
        let place = tip ?? gap(below: box, in: line, shapes)
        line.insertions.append(
            Insertion(strokes: words.strokes, leading: line.strokes.filter { shapes[$0].box.midX < place }))
    }

    /// An angle that opens downwards and stands at the foot of the line, below the words or beside them.
    private func isCaret(_ shape: StrokeShape, below box: PlaneBox, in line: Line) -> Bool {
        guard shape.straightness < 0.9, shape.box.width < 2.5 * unit, shape.box.height > 0.4 * unit,
            shape.box.height < 3 * unit, shape.box.midX > box.minX - 2 * unit, shape.box.midX < box.maxX + 2 * unit,
            let first = shape.points.first, let last = shape.points.last,
            let tip = shape.points.min(by: { $0.y < $1.y })
        else { return false }
        let legs = first.distance(to: tip) + last.distance(to: tip)
        let isAngle =
            shape.arc < 1.12 * legs && min(first.distance(to: tip), last.distance(to: tip)) > 0.35 * shape.box.height
            && abs(first.y - last.y) < 0.5 * shape.box.height && (first.x - tip.x) * (last.x - tip.x) < 0
        // Its feet are at the base line, or deeper: letters stand higher.
        let foot = (max(first.y, last.y) - line.centre.y(at: tip.x)) / unit
        return isAngle && foot > 0.3 && (tip.y - line.centre.y(at: tip.x)) / unit > -0.8
    }

    /// The gap between words of the line that the words above it mean: a wide one, and near their middle.
    private func gap(below box: PlaneBox, in line: Line, _ shapes: [StrokeShape]) -> Double {
        var best = (x: box.midX, cost: 4 * unit)
        var reach = -Double.infinity
        for other in line.strokes.map({ shapes[$0].box }).sorted(by: { $0.minX < $1.minX }) {
            if reach > -.infinity, other.minX - reach > 0.5 * unit {
                let x = (reach + other.minX) / 2, cost = abs(x - box.midX) - 0.5 * (other.minX - reach)
                if cost < best.cost { best = (x, cost) }
            }
            reach = max(reach, other.maxX)
        }
        return best.x
    }
}
