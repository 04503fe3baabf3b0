import Foundation

/// A circular arc, given by its end points and by how far the direction turns on the way (0: a straight line).
///
/// The primitive of the kinematic theory: one elementary movement follows one arc.
package struct Arc: Sendable, Equatable {
    package var start: PlanePoint
    package var end: PlanePoint
    /// Direction at the end minus direction at the start, in radians, counter-clockwise.
    package var turning: Double

    package init(start: PlanePoint, end: PlanePoint, turning: Double) {
        self.start = start
        self.end = end
        self.turning = turning
    }

    /// Along the arc.
    package var length: Double {
        let half = abs(turning) / 2
        let chord = (end - start).norm
        return half < 1e-6 ? chord : chord * half / sin(half)
    }

    /// The displacement from the start after `fraction` (0…1) of the length.
    package func displacement(at fraction: Double) -> PlanePoint {
        let whole = end - start
        guard abs(turning) > 1e-6 else { return whole * fraction }
        // On a circle the chord over an angle a is 2 r sin(a/2), turned by half of what is still to come.
        let scale = sin(turning * fraction / 2) / sin(turning / 2)
        let rotation = turning * (fraction - 1) / 2
        let c = cos(rotation) * scale
        let s = sin(rotation) * scale
        return PlanePoint(whole.x * c - whole.y * s, whole.x * s + whole.y * c)
    }

    /// The arcs that pass through the places of a path: smoothly, except where it has a corner.
    ///
    /// The direction at a smooth place is that of the circle through it and its two neighbours.
    package static func through(_ path: [Glyph.Via]) -> [Arc] {
        let places = path.enumerated().filter { $0.offset == 0 || $0.element.position != path[$0.offset - 1].position }
            .map(\.element)
        guard places.count > 1 else { return [] }
        let chords = zip(places, places.dropFirst()).map { $1.position - $0.position }
        let directions = chords.map { atan2($0.y, $0.x) }
        let lengths = chords.map(\.norm)
        // The direction of the pen at each inner smooth place, as the angle it lies beyond the chord before it.
        var beyond = [Double?](repeating: nil, count: places.count)
        for i in 1..<max(places.count - 1, 1) where !places[i].isCorner {
            let turn = wrapped(directions[i] - directions[i - 1])
            beyond[i] = turn * lengths[i - 1] / (lengths[i - 1] + lengths[i])
        }
        return chords.indices.map { i in
            let atEnd = beyond[i + 1]
            let atStart = beyond[i].map { wrapped(directions[i] - directions[i - 1]) - $0 }
            let turning: Double =
                switch (atStart, atEnd) {
                case (let before?, let after?): before + after
                case (let before?, nil): before * 1.2
                case (nil, let after?): after * 1.2
                case (nil, nil): 0
                }
            let limited = min(max(turning, -1.1 * .pi), 1.1 * .pi)
            return Arc(start: places[i].position, end: places[i + 1].position, turning: limited)
        }
    }

    /// The same angle in −π…π.
    private static func wrapped(_ angle: Double) -> Double {
        atan2(sin(angle), cos(angle))
    }
}
