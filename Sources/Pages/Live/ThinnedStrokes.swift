import DuctusInk

/// Strokes with as few points as their swings need. The oldest are forgotten, so memory is bounded.
struct ThinnedStrokes: Sendable {
    /// Points and strokes that are kept: some three lines.
    private static let mostPoints = 1600
    private static let mostStrokes = 120

    /// Bytes that are kept at most.
    static let mostBytes = mostPoints * MemoryLayout<SIMD2<Float>>.stride + mostStrokes * MemoryLayout<Int>.stride

    private var points: [SIMD2<Float>] = []
    /// Points of each stroke.
    private var counts: [Int] = []

    /// The number of strokes.
    var count: Int { counts.count }

    var byteCount: Int {
        points.count * MemoryLayout<SIMD2<Float>>.stride + counts.count * MemoryLayout<Int>.stride
    }

    /// The strokes, oldest first, without times.
    var strokes: [Stroke] {
        var first = 0
        return counts.map { count in
            defer { first += count }
            return Stroke(points[first..<first + count].map { Sample(x: $0.x, y: $0.y) })
        }
    }

    /// Adds strokes.
    ///
    /// - Parameter least: points that are nearer to the one before, in x and y, are left out.
    mutating func add(_ strokes: ArraySlice<Stroke>, apart least: Double) {
        let least = Float(least)
        for stroke in strokes {
            let first = points.count
            for sample in stroke.samples where sample.x.isFinite && sample.y.isFinite {
                let point = SIMD2(sample.x, sample.y)
                if points.count > first, let last = points.last, abs(point.x - last.x) < least,
                    abs(point.y - last.y) < least
                {
                    continue
                }
                points.append(point)
            }
            if points.count > first { counts.append(points.count - first) }
        }
        forget()
    }

    private mutating func forget() {
        var kept = 0
        let strokes = counts.suffix(Self.mostStrokes).reversed().prefix { count in
            guard kept + count <= Self.mostPoints else { return false }
            kept += count
            return true
        }
        counts.removeFirst(counts.count - strokes.count)
        points.removeFirst(points.count - kept)
    }
}
