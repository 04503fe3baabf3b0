import DuctusDrawing
import Foundation

/// Tells drawings from writing by the shapes of single strokes: frames, circles, long lines, hatchings and graphs.
///
/// A stroke of writing goes up and down by about an x-height and is no longer than a word; what is much larger, much straighter or as
/// square as a ruler is drawn.
struct DrawingFinder {
    /// The height of small letters, in the units of the ink.
    let xHeight: Double

    /// The strokes that are drawn, as indexes into `shapes`.
    func drawings(in shapes: [StrokeShape]) -> Set<Int> {
        var drawn = Set(shapes.indices.filter { isDrawn(shapes[$0]) })
        giveBackHeadings(&drawn, shapes)
        giveBackStems(&drawn, shapes)
        addArrows(&drawn, shapes)
        addAttached(&drawn, shapes)
        return drawn
    }

    private func isDrawn(_ shape: StrokeShape) -> Bool {
        let width = shape.box.width / xHeight, height = shape.box.height / xHeight
        guard shape.points.count > 1 else { return false }
        if isFrame(shape) { return true }
        // Rules and shafts: longer than bars of letters, or steeper.
        let length = max(width, height)
        if shape.straightness > 0.97, length > (width > 3 * height ? 8 : height > 3 * width ? 6.5 : 5) { return true }
        if height < 1.2, width > 10, shape.arc < 1.15 * shape.box.width { return true }
        let tall = shape.swings.map { $0.height / xHeight }.sorted()
        let usual = tall.isEmpty ? 0 : tall[tall.count / 2]
        // Circles: larger than a capital both ways, and as simple.
        if shape.isClosed, min(width, height) > 3.6, shape.arc < 1.05 * shape.around, tall.count <= 4,
            usual > 0.4 * height
        {
            return true
        }
        // Hatchings: one swing as tall as the other.
        if tall.count >= 5, usual > 3.7, tall[tall.count < 8 ? 0 : tall.count / 5] > 0.6 * usual { return true }
        // Corners and curves: large for how little they turn.
        return usual > 9 && width > 4 || height > 4 && width > 6 && Double(tall.count) < width / 2.5 && usual > 2.8
    }

    /// Whether the stroke is closed and runs in two directions at a right angle, wherever they point: no letter does.
    private func isFrame(_ shape: StrokeShape) -> Bool {
        guard min(shape.box.width, shape.box.height) > 0.5 * xHeight, shape.isClosed, shape.arc > 0.8 * shape.around
        else { return false }
        // Directions modulo a right angle: fourfold angles, added as vectors.
        var steps: [(angle: Double, length: Double)] = []
        var sum = PlanePoint(0, 0)
        var from = shape.points[0]
        for to in shape.points.dropFirst() where (to - from).norm > 0.12 * xHeight {
            let way = to - from
            let angle = 4 * atan2(way.y, way.x)
            steps.append((angle, way.norm))
            sum += PlanePoint(cos(angle), sin(angle)) * way.norm
            from = to
        }
        let total = steps.reduce(0) { $0 + $1.length }
        guard total > 0 else { return false }
        let axis = atan2(sum.y, sum.x)
        let along = steps.filter { cos($0.angle - axis) > 0.6 }.reduce(0) { $0 + $1.length }
        guard sum.norm > 0.75 * total, along > 0.85 * total else { return false }
        // Loops of l run in two directions, too, but leave the corners of their box out.
        let cosine = cos(axis / 4), sine = sin(axis / 4)
        let turned = shape.points.map { $0.turned(cosine: cosine, sine: -sine) }
        let box = PlaneBox(around: turned), short = min(box.width, box.height)
        let tolerance = max(0.12 * short, min(0.25 * xHeight, 0.2 * short))
        let corners = [(box.minX, box.minY), (box.minX, box.maxY), (box.maxX, box.minY), (box.maxX, box.maxY)]
        return corners.allSatisfy { corner in
            turned.contains { abs($0.x - corner.0) < 1.5 * tolerance && abs($0.y - corner.1) < 1.5 * tolerance }
        }
    }

    /// Large letters in a row are a heading: several side by side, of about one height, none a mere line.
    private func giveBackHeadings(_ drawn: inout Set<Int>, _ shapes: [StrokeShape]) {
        let candidates = drawn.filter {
            shapes[$0].box.width < 1.6 * shapes[$0].box.height && shapes[$0].box.height < 9 * xHeight
                && !isFrame(shapes[$0])
        }
        for at in candidates {
            let box = shapes[at].box
            let beside = shapes.indices.filter { other in
                let second = shapes[other].box
                guard second.height > 0.5 * box.height, second.height < 2 * box.height else { return false }
                let shared = min(box.maxY, second.maxY) - max(box.minY, second.minY)
                return shared > 0.6 * min(box.height, second.height) && box.gapX(to: second) < 5 * box.height
            }
            if beside.count >= 5 { drawn.remove(at) }
        }
    }

    /// Stems of tall letters, as t and l: a hand that writes them long does so more than once, and at one slant.
    private func giveBackStems(_ drawn: inout Set<Int>, _ shapes: [StrokeShape]) {
        func isStem(_ shape: StrokeShape) -> Bool {
            shape.straightness > 0.95 && shape.box.height > 1.5 * shape.box.width && shape.box.height < 9 * xHeight
        }
        let stems = shapes.indices.filter { isStem(shapes[$0]) }
        for at in stems where drawn.contains(at) {
            let like = stems.count {
                !drawn.contains($0) && shapes[$0].box.height > 0.65 * shapes[at].box.height
                    && shapes[at].isParallel(to: shapes[$0])
            }
            if like >= 3 { drawn.remove(at) }
        }
    }

    /// Arrows, whose shafts may be short: a straight stroke with an angle at its end that opens towards it.
    private func addArrows(_ drawn: inout Set<Int>, _ shapes: [StrokeShape]) {
        let shafts = shapes.indices.filter { shapes[$0].straightness > 0.985 && shapes[$0].arc > 1.2 * xHeight }
        for head in shapes.indices where shapes[head].straightness > 0.25 && shapes[head].straightness < 0.8 {
            guard let first = shapes[head].points.first, let last = shapes[head].points.last,
                let tip = shapes[head].points.max(by: {
                    min(($0 - first).norm, ($0 - last).norm) < min(($1 - first).norm, ($1 - last).norm)
                }), isHead((tip - first).norm, (tip - last).norm),
                shapes[head].arc < 1.1 * ((tip - first).norm + (tip - last).norm)
            else { continue }
            for shaft in shafts where shaft != head {
                guard let a = shapes[shaft].points.first, let b = shapes[shaft].points.last else { continue }
                let (near, far) = (a - tip).norm < (b - tip).norm ? (a, b) : (b, a)
                // The bar of an E is shorter than its curve.
                let shorter = min((tip - first).norm, (tip - last).norm)
                guard (near - tip).norm < 0.4 * xHeight, shapes[shaft].arc > 0.5 * shorter else { continue }
                let back = (far - tip) / max((far - tip).norm, .leastNormalMagnitude)
                let legs = [first - tip, last - tip].map { $0 / max($0.norm, .leastNormalMagnitude) }
                let cosines = legs.map { $0.x * back.x + $0.y * back.y }
                let sides = legs.map { $0.x * back.y - $0.y * back.x }
                // Where a leg runs along the shaft, they are strokes of letters that touch.
                if cosines.allSatisfy({ $0 > 0.6 }), sides[0] * sides[1] < 0, sides.allSatisfy({ abs($0) > 0.2 }) {
                    drawn.formUnion([head, shaft])
                }
            }
        }
    }

    /// Whether two legs are of one size, that of letters.
    private func isHead(_ first: Double, _ second: Double) -> Bool {
        min(first, second) > 0.5 * xHeight && max(first, second) < 4 * xHeight
            && max(first, second) < 1.8 * min(first, second)
    }

    /// Labels' ticks and what else hangs on a drawing: small simple strokes that touch it and stand apart from writing.
    private func addAttached(_ drawn: inout Set<Int>, _ shapes: [StrokeShape]) {
        // A tick on a tick on a drawing: no further.
        for _ in 0..<3 {
            var grew = false
            for at in shapes.indices where !drawn.contains(at) && isSimple(shapes[at]) {
                let reach = 0.45 * xHeight
                let touches = drawn.contains {
                    !isFrame(shapes[$0]) && shapes[at].distance(to: shapes[$0], below: reach) < reach
                }
                guard touches else { continue }
                let writing = shapes.indices.contains { other in
                    other != at && !drawn.contains(other)
                        && shapes[at].distance(to: shapes[other], below: 2 * xHeight) < 2 * xHeight
                }
                if !writing {
                    drawn.insert(at)
                    grew = true
                }
            }
            if !grew { return }
        }
    }

    private func isSimple(_ shape: StrokeShape) -> Bool {
        shape.swings.count <= 3 && shape.arc < 14 * xHeight && max(shape.box.width, shape.box.height) > 0.6 * xHeight
    }
}

extension StrokeShape {
    /// Whether the ends of both strokes lie in directions that differ by some 15 degrees at most.
    fileprivate func isParallel(to other: StrokeShape) -> Bool {
        guard let from = points.first, let to = points.last, let start = other.points.first,
            let end = other.points.last
        else { return false }
        let one = to - from, two = end - start
        return abs(one.x * two.x + one.y * two.y) > 0.965 * one.norm * two.norm
    }
}
