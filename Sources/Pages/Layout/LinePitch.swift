/// The distance between the lines of a block.
enum LinePitch {
    /// The measure of heights about lines, in the units of the ink: the x-height, more where lines stand far apart, for there ascenders and
    /// hooks reach further.
    static func unit(of swings: [Swing], xHeight: Double) -> Double {
        guard !swings.isEmpty else { return xHeight }
        let density = InkDensity(of: swings, xHeight: xHeight, reach: 3.5, blur: 0.9 * xHeight)
        guard let pitch = pitch(of: Ridge.ridges(of: density, step: 0.35 * xHeight)) else { return 1.3 * xHeight }
        return min(2.2 * xHeight, max(xHeight, pitch / 4.5))
    }

    /// The usual distance of neighbouring lines, in the units of the ink; nil where there are no two.
    ///
    /// Each ridge is measured to the next one below. Weak ridges do not count: those of ascenders and dots lie between the lines.
    static func pitch(of ridges: [Ridge]) -> Double? {
        let total = ridges.reduce(0) { $0 + $1.mass }
        var sum: Float = 0, usual: Float = 0
        for mass in ridges.map(\.mass).sorted(by: >) where sum < total / 2 {
            sum += mass
            usual = mass
        }
        let strong = ridges.filter { $0.mass > 0.4 * usual }
        var distances: [(distance: Double, weight: Float)] = []
        for ridge in strong {
            var nearest: Double?
            for other in strong {
                guard let distance = ridge.distance(down: other), distance > 0 else { continue }
                if distance < nearest ?? .infinity { nearest = distance }
            }
            if let nearest { distances.append((nearest, ridge.mass)) }
        }
        guard !distances.isEmpty else { return nil }
        distances.sort { $0.distance < $1.distance }
        let half = distances.reduce(0) { $0 + $1.weight } / 2
        sum = 0
        for (distance, weight) in distances {
            sum += weight
            if sum >= half { return distance }
        }
        return distances.last?.distance
    }
}

extension Ridge {
    /// The distance of `other` below this ridge where they lie above each other; nil if they do not.
    fileprivate func distance(down other: Ridge) -> Double? {
        guard let a = places.first?.x, let b = places.last?.x, let c = other.places.first?.x,
            let d = other.places.last?.x, max(a, c) <= min(b, d)
        else { return nil }
        let x = (max(a, c) + min(b, d)) / 2
        return other.y(at: x) - y(at: x)
    }

    /// The ridge's height at x; that of its nearer end beyond them.
    func y(at x: Double) -> Double {
        guard let first = places.first, let last = places.last, x > first.x else { return places.first?.y ?? 0 }
        guard x < last.x else { return last.y }
        var low = 0, high = places.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if places[middle].x <= x { low = middle } else { high = middle }
        }
        let (from, to) = (places[low], places[high])
        return from.y + (to.y - from.y) * (x - from.x) / max(to.x - from.x, .leastNormalMagnitude)
    }
}
