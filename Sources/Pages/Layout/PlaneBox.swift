import DuctusDrawing

extension PlanePoint {
    @inline(__always)
    package func distance(to other: PlanePoint) -> Double {
        (self - other).norm
    }

    /// The place turned about the origin by the angle with this cosine and sine.
    @inline(__always)
    package func turned(cosine: Double, sine: Double) -> PlanePoint {
        PlanePoint(cosine * x - sine * y, sine * x + cosine * y)
    }
}

/// A box with sides parallel to the axes, in the units of the ink, as double-precision numbers. It is empty until a point is included.
package struct PlaneBox: Equatable, Sendable {
    package var minX = Double.infinity
    package var minY = Double.infinity
    package var maxX = -Double.infinity
    package var maxY = -Double.infinity

    package init() {}

    package init(around points: some Sequence<PlanePoint>) {
        for point in points { include(point) }
    }

    package var isEmpty: Bool { minX > maxX }
    package var width: Double { max(0, maxX - minX) }
    package var height: Double { max(0, maxY - minY) }
    package var midX: Double { (minX + maxX) / 2 }
    package var midY: Double { (minY + maxY) / 2 }

    package mutating func include(_ point: PlanePoint) {
        minX = min(minX, point.x)
        minY = min(minY, point.y)
        maxX = max(maxX, point.x)
        maxY = max(maxY, point.y)
    }

    package mutating func formUnion(_ other: PlaneBox) {
        minX = min(minX, other.minX)
        minY = min(minY, other.minY)
        maxX = max(maxX, other.maxX)
        maxY = max(maxY, other.maxY)
    }

    /// The horizontal gap to `other`; 0 where they overlap in x.
    package func gapX(to other: PlaneBox) -> Double { max(0, other.minX - maxX, minX - other.maxX) }

    /// The vertical gap to `other`; 0 where they overlap in y.
    package func gapY(to other: PlaneBox) -> Double { max(0, other.minY - maxY, minY - other.maxY) }
}
