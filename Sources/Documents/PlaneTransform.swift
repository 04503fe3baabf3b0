/// An affine map of the plane: x′ = a x + c y + e, y′ = b x + d y + f, the matrix of SVG and PDF.
struct PlaneTransform: Equatable, Sendable {
    var a = 1.0
    var b = 0.0
    var c = 0.0
    var d = 1.0
    var e = 0.0
    var f = 0.0

    static let identity = PlaneTransform()

    func apply(_ x: Double, _ y: Double) -> (Double, Double) {
        (a * x + c * y + e, b * x + d * y + f)
    }

    /// The map that does `inner` first and this one then.
    func after(_ inner: PlaneTransform) -> PlaneTransform {
        PlaneTransform(
            a: a * inner.a + c * inner.b, b: b * inner.a + d * inner.b, c: a * inner.c + c * inner.d,
            d: b * inner.c + d * inner.d, e: a * inner.e + c * inner.f + e, f: b * inner.e + d * inner.f + f)
    }

    /// The factor of lengths, averaged over the directions.
    var scale: Double { abs(a * d - b * c).squareRoot() }
}
