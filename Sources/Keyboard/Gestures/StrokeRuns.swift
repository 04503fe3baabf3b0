import DuctusInk

/// A stroke as a gesture sees it: its box, its way, and its runs to the right and to the left.
struct StrokeRuns {
    let points: [(x: Float, y: Float)]
    let width: Float
    let height: Float
    /// The way along the stroke.
    let length: Float
    /// Signed ways in x between turns; turns of less than a share of the width are trembling.
    let runs: [Float]

    private static let trembling: Float = 0.2

    /// The runs of a stroke; nil for a dot.
    init?(_ stroke: Stroke) {
        var points: [(x: Float, y: Float)] = []
        for sample in stroke.samples where sample.x.isFinite && sample.y.isFinite {
            if let last = points.last, last.x == sample.x, last.y == sample.y { continue }
            points.append((sample.x, sample.y))
        }
        guard points.count > 1, let box = stroke.bounds else { return nil }
        self.points = points
        (width, height) = (box.maxX - box.minX, box.maxY - box.minY)
        length = Self.length(points[...])
        runs = Self.runs(points.map(\.x), least: Self.trembling * width)
    }

    static func length(_ points: ArraySlice<(x: Float, y: Float)>) -> Float {
        zip(points, points.dropFirst()).reduce(0) { $0 + Self.distance($1.0, $1.1) }
    }

    static func distance(_ one: (x: Float, y: Float), _ other: (x: Float, y: Float)) -> Float {
        let (x, y) = (other.x - one.x, other.y - one.y)
        return (x * x + y * y).squareRoot()
    }

    private static func runs(_ values: [Float], least: Float) -> [Float] {
        guard let first = values.first else { return [] }
        var runs: [Float] = []
        var start = first, extreme = first
        var direction: Float = 0
        for value in values.dropFirst() {
            if direction == 0 {
                if abs(value - start) >= least { (direction, extreme) = (value > start ? 1 : -1, value) }
            } else if (value - extreme) * direction >= 0 {
                extreme = value
            } else if abs(value - extreme) >= least {
                runs.append(extreme - start)
                (start, extreme, direction) = (extreme, value, -direction)
            }
        }
        if direction != 0 { runs.append(extreme - start) }
        return runs
    }
}
