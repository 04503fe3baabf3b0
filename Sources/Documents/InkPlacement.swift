import DuctusInk

/// The placement of a page's ink in its file: place in the file = origin + unit × place in the page.
///
/// Places far from the origin, as map projections, nanometres or screens of several walls have them, would lose their last digits as
/// `Float`, and those above `SampleCleaner`'s limit would count as errors of the device. Such ink is moved to the origin, and made smaller
/// if need be.
public struct InkPlacement: Equatable, Sendable {
    public var x = 0.0
    public var y = 0.0
    /// Units of the file per unit of the ink.
    public var unit = 1.0

    /// The placement that changes nothing.
    public init() {}

    /// The largest place that a `Float` holds exactly to a quarter of a unit.
    private static let furthest = 4e6

    /// The placement that brings places near the origin; nil where they are near it already. A few strays do not count.
    init?(xs: [Double], ys: [Double]) {
        func isFar(_ value: Double) -> Bool { abs(value) > Self.furthest && value.isFinite }
        guard xs.contains(where: isFar) || ys.contains(where: isFar) else { return nil }
        func middle(_ values: [Double]) -> (middle: Double, reach: Double) {
            let sorted = values.filter(\.isFinite).sorted()
            guard !sorted.isEmpty else { return (0, 0) }
            let middle = sorted[sorted.count / 2]
            let reach = max(middle - sorted[sorted.count / 20], sorted[sorted.count - 1 - sorted.count / 20] - middle)
            return (middle, reach)
        }
        let (horizontal, vertical) = (middle(xs), middle(ys))
        let reach = max(horizontal.reach, vertical.reach)
        guard isFar(horizontal.middle) || isFar(vertical.middle) || reach > Self.furthest else { return nil }
        x = horizontal.middle
        y = vertical.middle
        unit = reach > Self.furthest ? reach / Self.furthest : 1
    }

    func place(_ x: Double, _ y: Double) -> (Double, Double) { ((x - self.x) / unit, (y - self.y) / unit) }

    /// A box of the page, as the file has it: left, top, right, bottom.
    public func box(_ box: Bounds) -> [Double] {
        guard self != InkPlacement() else {
            return [Double(box.minX), Double(box.minY), Double(box.maxX), Double(box.maxY)]
        }
        return [
            x + unit * Double(box.minX), y + unit * Double(box.minY), x + unit * Double(box.maxX),
            y + unit * Double(box.maxY),
        ]
    }
}

extension InkPage {
    /// The page with its ink near the origin. See `InkPlacement`.
    var nearby: InkPage {
        guard placement == InkPlacement(), let bounds = ink.bounds,
            max(abs(bounds.minX), abs(bounds.minY), abs(bounds.maxX), abs(bounds.maxY)) > 4e6
        else { return self }
        let samples = ink.strokes.lazy.flatMap(\.samples)
        guard let placement = InkPlacement(xs: samples.map { Double($0.x) }, ys: samples.map { Double($0.y) }) else {
            return self
        }
        var page = self
        page.placement = placement
        for stroke in page.ink.strokes.indices {
            for index in page.ink.strokes[stroke].samples.indices {
                let sample = page.ink.strokes[stroke].samples[index]
                let (x, y) = placement.place(Double(sample.x), Double(sample.y))
                page.ink.strokes[stroke].samples[index].x = Float(x)
                page.ink.strokes[stroke].samples[index].y = Float(y)
            }
        }
        if let sheet {
            let (x, y) = placement.place(Double(sheet.x), Double(sheet.y))
            let unit = Float(placement.unit)
            page.sheet = Sheet(
                x: Float(x), y: Float(y), width: sheet.width / unit, height: sheet.height / unit,
                unitsPerPoint: sheet.unitsPerPoint / unit)
        }
        for index in page.marks.indices {
            page.marks[index].widths = page.marks[index].widths.map { $0 / Float(placement.unit) }
        }
        return page
    }
}
