/// The outline of a letter, for optical spacing: how far it reaches to the left and to the right at each height.
package struct Outline {
    private static let bottom = -12.0
    private static let bandHeight = 2.0
    private static let bands = 20

    /// Per band from the bottom; infinite where there is no ink.
    private var left = [Double](repeating: .infinity, count: bands)
    private var right = [Double](repeating: -.infinity, count: bands)
    package private(set) var extent: ClosedRange<Double>

    package init(_ glyph: Glyph) {
        extent = glyph.extent
        for part in glyph.parts {
            for place in Arc.places(along: part.path) {
                let band = min(max(Int((place.y - Self.bottom) / Self.bandHeight), 0), Self.bands - 1)
                left[band] = min(left[band], place.x)
                right[band] = max(right[band], place.x)
            }
        }
        if let least = left.min(), let most = right.max(), least <= most { extent = least...most }
    }

    package func moved(by x: Double) -> Outline {
        var moved = self
        moved.left = left.map { $0 + x }
        moved.right = right.map { $0 + x }
        moved.extent = (extent.lowerBound + x)...(extent.upperBound + x)
        return moved
    }

    /// The place of the next letter's origin at which the two are `gap` apart where they come closest.
    ///
    /// Letters may reach above or below each other (`To`, `fj`), but only by `overhang`.
    package func origin(ofNext next: Outline, gap: Double, overhang: Double = 2.4) -> Double {
        let side = extent.upperBound - next.extent.lowerBound + gap
        var closest = -Double.infinity
        for i in 0..<Self.bands where right[i].isFinite {
            for j in max(i - 1, 0)...min(i + 1, Self.bands - 1) where next.left[j].isFinite {
                closest = max(closest, right[i] - next.left[j] + gap)
            }
        }
        return max(closest, side - overhang)
    }
}

extension Arc {
    /// Places along a smooth path, close together: a picture of it, without kinematics.
    package static func places(along path: [Glyph.Via], perArc: Int = 8) -> [PlanePoint] {
        guard let first = path.first else { return [] }
        return [first.position]
            + through(path).flatMap { arc in
                (1...perArc).map { arc.start + arc.displacement(at: Double($0) / Double(perArc)) }
            }
    }
}
