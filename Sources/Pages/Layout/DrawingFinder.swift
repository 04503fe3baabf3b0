import Foundation

/// Tells drawings from writing by the shapes of single strokes: frames, circles, long lines, hatchings and graphs.
///
/// A stroke of writing goes up and down by about an x-height and is no longer than a word; what is much larger, much straighter or as
/// square as a ruler is drawn.
struct DrawingFinder {
    let xHeight: Double

    /// The strokes that are drawn, as indexes into `shapes`.
    func drawings(in shapes: [StrokeShape]) -> Set<Int> {
        var drawn = Set(shapes.indices.filter { isDrawn(shapes[$0]) })
        giveBackHeadings(&drawn, shapes)
        takeAttached(&drawn, shapes)
        return drawn
    }

    private func isDrawn(_ shape: StrokeShape) -> Bool {
        let width = shape.box.width / xHeight, height = shape.box.height / xHeight
        guard shape.points.count > 1 else { return false }
        if isFrame(shape) { return true }
        // Rules and shafts.
        if shape.straightness > 0.97, max(width, height) > (width > 3 * height ? 5.5 : 5) { return true }
        if height < 1.2, width > 9, shape.arc < 1.15 * shape.box.width { return true }
        let tall = shape.swings.map { $0.height / xHeight }.sorted()
        let usual = tall.isEmpty ? 0 : tall[tall.count / 2]
        if usual > 4.2, shape.box.width > 2.5 * xHeight { return true }
        // Circles, corners and curves: large for how little they turn.
        return height > 4 && width > 4 && Double(shape.swings.count) < width / 2.5 && usual > 2.8
    }

    /// Whether the stroke runs along its own box, once round: corners that no letter has.
    private func isFrame(_ shape: StrokeShape) -> Bool {
        guard let first = shape.points.first, let last = shape.points.last else { return false }
        let box = shape.box, round = 2 * (box.width + box.height)
        guard min(box.width, box.height) > 0.5 * xHeight, max(box.width, box.height) > 0.9 * xHeight,
            first.distance(to: last) < 0.12 * round, shape.arc > 0.86 * round, shape.arc < 1.15 * round
        else { return false }
        let tolerance = max(0.06 * min(box.width, box.height), 0.12 * xHeight)
        let along = shape.points.filter {
            min($0.x - box.minX, box.maxX - $0.x, $0.y - box.minY, box.maxY - $0.y) < tolerance + 0.1 * xHeight
        }
        return Double(along.count) >= 0.9 * Double(shape.points.count)
    }

    /// Large letters in a row are a heading: several side by side, of about one height, none a mere line.
    private func giveBackHeadings(_ drawn: inout Set<Int>, _ shapes: [StrokeShape]) {
        let candidates = drawn.filter {
            shapes[$0].box.height > 2.5 * xHeight && shapes[$0].box.width < 3 * shapes[$0].box.height
                && !isFrame(shapes[$0])
        }
        for at in candidates {
            let box = shapes[at].box
            let beside = shapes.indices.filter { other in
                let second = shapes[other].box
                guard second.height > 0.4 * box.height, second.height < 2.5 * box.height else { return false }
                let shared = min(box.maxY, second.maxY) - max(box.minY, second.minY)
                return shared > 0.6 * min(box.height, second.height) && box.gapX(to: second) < 6 * box.height
            }
            if beside.count >= 5 { drawn.remove(at) }
        }
    }

    /// Arrow heads and labels' ticks: small simple strokes that touch a drawing and stand apart from writing.
    private func takeAttached(_ drawn: inout Set<Int>, _ shapes: [StrokeShape]) {
        var grew = true
        while grew {
            grew = false
            for at in shapes.indices where !drawn.contains(at) && isSimple(shapes[at]) {
                let touches = drawn.contains {
                    shapes[at].distance(to: shapes[$0], below: 0.45 * xHeight) < 0.45 * xHeight
                        && !isAround(shapes[$0], shapes[at])
                }
                guard touches else { continue }
                let writing = shapes.indices.contains { other in
                    other != at && !drawn.contains(other)
                        && shapes[at].distance(to: shapes[other], below: 1.3 * xHeight) < 1.3 * xHeight
                }
                if !writing {
                    drawn.insert(at)
                    grew = true
                }
            }
        }
    }

    private func isSimple(_ shape: StrokeShape) -> Bool {
        shape.swings.count <= 3 && shape.arc < 14 * xHeight
    }

    /// Whether `frame` encloses `shape`: what stands in a frame is written.
    private func isAround(_ frame: StrokeShape, _ shape: StrokeShape) -> Bool {
        frame.box.minX < shape.box.minX && frame.box.maxX > shape.box.maxX && frame.box.minY < shape.box.minY
            && frame.box.maxY > shape.box.maxY
    }
}
