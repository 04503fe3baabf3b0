/// The variations of a JIIX document.
public struct JIIXOptions: Sendable {
    /// Millimetres per unit of x; nil: by the page's sheet, and 1 where it has none.
    public var scaleX: Float?
    /// Millimetres per unit of y; nil: by the page's sheet, and 1 where it has none.
    public var scaleY: Float?
    /// Whether each stroke has its points (X, Y, T in ms, F), not only its name.
    public var givesPoints: Bool

    /// - Parameters:
    ///   - scaleX: millimetres per unit of x.
    ///   - scaleY: millimetres per unit of y.
    ///   - givesPoints: whether each stroke has its points.
    public init(scaleX: Float? = nil, scaleY: Float? = nil, givesPoints: Bool = true) {
        self.scaleX = scaleX
        self.scaleY = scaleY
        self.givesPoints = givesPoints
    }
}
