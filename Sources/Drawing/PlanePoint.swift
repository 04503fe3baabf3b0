/// A point of the plane: in letterform units (y up) where letters are planned, in pixels (y down) in pictures.
public typealias PlanePoint = SIMD2<Double>

extension PlanePoint {
    /// The distance from the origin.
    package var norm: Double { (x * x + y * y).squareRoot() }
}
