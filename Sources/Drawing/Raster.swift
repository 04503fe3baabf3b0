import Foundation

/// A grid of pixels that lines and areas are drawn on with smooth edges.
struct Raster {
    let width: Int
    let height: Int
    /// Row after row from the top.
    private(set) var pixels: [Color]

    /// Pixels in the largest picture: about 200 MB while it is drawn.
    static let largestArea = 1 << 26

    init(width: Int, height: Int, background: Color) {
        self.width = width
        self.height = height
        pixels = [Color](repeating: background, count: width * height)
    }

    /// Draws a line with round ends and joints.
    mutating func draw(_ line: Drawing.Line) {
        let joints = line.points.indices.compactMap { i -> (place: PlanePoint, radius: Double)? in
            let radius = line.width(at: i) / 2
            guard Self.isNear(line.points[i]), radius > 0, radius < 1e4 else { return nil }
            return (line.points[i], max(radius, 0.4))
        }
        guard let first = joints.first else { return }
        let pieces = joints.count == 1 ? [(first, first)] : Array(zip(joints, joints.dropFirst()))
        var mask = Mask(
            around: joints.map { Mask.Box(around: $0.place, radius: $0.radius + 1) }, width: width, height: height)
        var travelled = 0.0
        for (a, b) in pieces {
            guard line.isDashed else {
                mask.cover(from: a.place, radius: a.radius, to: b.place, radius: b.radius)
                continue
            }
            // Dashes of 6 pixels with 5 between them, measured along the whole line.
            let length = (b.place - a.place).norm
            var at = 0.0
            while at < length {
                let phase = (travelled + at).truncatingRemainder(dividingBy: 11)
                let next = min(at + (phase < 6 ? 6 - phase : 11 - phase) + 1e-9, length)
                if phase < 6 {
                    let direction = (b.place - a.place) / length
                    mask.cover(
                        from: a.place + direction * at, radius: a.radius, to: a.place + direction * next,
                        radius: a.radius)
                }
                at = next
            }
            travelled += length
        }
        paint(mask, color: line.color)
    }

    /// Fills a polygon; where it overlaps itself an even number of times it stays empty.
    mutating func fill(_ area: Drawing.Area) {
        let corners = area.corners.filter(Self.isNear)
        guard corners.count > 2 else { return }
        var mask = Mask(around: corners.map { Mask.Box(around: $0, radius: 1) }, width: width, height: height)
        mask.fill(corners)
        paint(mask, color: area.color)
    }

    /// Whether a point is one to draw: what is not finite or far outside every picture is not.
    private static func isNear(_ point: PlanePoint) -> Bool {
        abs(point.x) < 1e7 && abs(point.y) < 1e7
    }

    private mutating func paint(_ mask: Mask, color: Color) {
        for y in mask.rows {
            for x in mask.columns {
                let coverage = mask[x, y]
                guard coverage > 0 else { continue }
                pixels[y * width + x] = pixels[y * width + x].mixed(with: color, share: Double(coverage))
            }
        }
    }
}

/// The coverage of each pixel by a shape, 0…1, within the shape's bounding box.
private struct Mask {
    struct Box {
        var least: PlanePoint
        var most: PlanePoint

        init(around place: PlanePoint, radius: Double) {
            least = place - radius
            most = place + radius
        }
    }

    let columns: Range<Int>
    let rows: Range<Int>
    private var coverage: [Float]

    init(around boxes: [Box], width: Int, height: Int) {
        func range(_ least: Double, _ most: Double, _ limit: Int) -> Range<Int> {
            let lower = min(max(Int(least.rounded(.down)), 0), limit)
            return lower..<min(max(Int(most.rounded(.up)) + 1, lower), limit)
        }
        columns = range(boxes.map(\.least.x).min() ?? 0, boxes.map(\.most.x).max() ?? 0, width)
        rows = range(boxes.map(\.least.y).min() ?? 0, boxes.map(\.most.y).max() ?? 0, height)
        coverage = [Float](repeating: 0, count: columns.count * rows.count)
    }

    subscript(x: Int, y: Int) -> Float {
        get { coverage[(y - rows.lowerBound) * columns.count + x - columns.lowerBound] }
        set { coverage[(y - rows.lowerBound) * columns.count + x - columns.lowerBound] = newValue }
    }

    /// A piece of a line whose width changes evenly from one end to the other.
    mutating func cover(from a: PlanePoint, radius ra: Double, to b: PlanePoint, radius rb: Double) {
        let reach = max(ra, rb) + 1
        let direction = b - a
        let square = max(direction.x * direction.x + direction.y * direction.y, 1e-12)
        let across = rows.clamped(to: Self.pixels(min(a.y, b.y) - reach, max(a.y, b.y) + reach))
        let along = columns.clamped(to: Self.pixels(min(a.x, b.x) - reach, max(a.x, b.x) + reach))
        for y in across {
            for x in along {
                let d = PlanePoint(Double(x) + 0.5, Double(y) + 0.5) - a
                let share = min(max((d.x * direction.x + d.y * direction.y) / square, 0), 1)
                let distance = (d - direction * share).norm
                let inside = Float(min(max(ra + (rb - ra) * share - distance + 0.5, 0), 1))
                // The largest, not the sum: where pieces of a line meet it is not darker.
                if inside > self[x, y] { self[x, y] = inside }
            }
        }
    }

    /// A polygon, four scan lines per row of pixels, exact along each.
    mutating func fill(_ corners: [PlanePoint]) {
        for y in rows {
            for sub in 0..<4 {
                let height = Double(y) + (Double(sub) + 0.5) / 4
                var crossings: [Double] = []
                for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1))
                where (a.y <= height) != (b.y <= height) {
                    crossings.append(a.x + (height - a.y) / (b.y - a.y) * (b.x - a.x))
                }
                crossings.sort()
                for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                    for x in columns.clamped(to: Self.pixels(crossings[pair], crossings[pair + 1])) {
                        let covered = min(Double(x + 1), crossings[pair + 1]) - max(Double(x), crossings[pair])
                        self[x, y] = min(self[x, y] + Float(max(covered, 0)) / 4, 1)
                    }
                }
            }
        }
    }

    private static func pixels(_ least: Double, _ most: Double) -> Range<Int> {
        let lower = Int(least.rounded(.down))
        return lower..<max(lower, Int(most.rounded(.up)))
    }
}
