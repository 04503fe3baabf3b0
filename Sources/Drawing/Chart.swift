/// A chart of lines over two axes, for learning curves and calibration.
///
/// ```
/// var chart = Chart(title: "Learning curve", x: ChartAxis("epoch"), y: ChartAxis("error, %"))
/// chart.series.append(.init("training", points: losses))
/// try chart.drawing().write(to: file)
/// ```
public struct Chart: Sendable {
    /// One line of the chart; a gap where a point is not finite (or not positive on a logarithmic axis).
    public struct Series: Sendable {
        /// The name in the legend; a series without a name is not in it.
        public var name: String
        /// The points in data units, joined in this order.
        public var points: [PlanePoint]
        /// Whether the line is dashed.
        public var isDashed: Bool
        /// Whether every point has a dot.
        public var hasDots: Bool

        /// A series; its points are in the units of the axes.
        public init(_ name: String, points: [PlanePoint], isDashed: Bool = false, hasDots: Bool = false) {
            self.name = name
            self.points = points
            self.isDashed = isDashed
            self.hasDots = hasDots
        }
    }

    /// The heading above the chart.
    public var title: String
    public var x: ChartAxis
    public var y: ChartAxis
    /// The lines of the chart, in the order in which colours are given out.
    public var series: [Series]

    /// A chart.
    public init(title: String, x: ChartAxis, y: ChartAxis, series: [Series] = []) {
        self.title = title
        self.x = x
        self.y = y
        self.series = series
    }

    /// The chart in a picture of the given size, in pixels.
    public func drawing(width: Double = 760, height: Double = 440) -> Drawing {
        var drawing = Drawing(width: width, height: height)
        let plot = Plot(
            left: 68, top: 40, right: max(width - 20, 100), bottom: max(height - 54, 80),
            x: x.fitted(to: series.flatMap { $0.points.map(\.x) }),
            y: y.fitted(to: series.flatMap { $0.points.map(\.y) }))
        addAxes(of: plot, to: &drawing)
        for (index, series) in series.enumerated() {
            add(series, color: Color.distinct[index % Color.distinct.count], plot: plot, to: &drawing)
        }
        addLegend(plot: plot, to: &drawing)
        return drawing
    }

    private func addAxes(of plot: Plot, to drawing: inout Drawing) {
        for tick in plot.x.ticks {
            let at = plot.horizontal(tick)
            drawing.add(.init([.init(at, plot.top), .init(at, plot.bottom)], width: 1, color: .paleGray))
            drawing.add(
                .init(
                    FittedAxis.name(of: tick), at: .init(at, plot.bottom + 17), size: 12, anchor: .middle, color: .gray)
            )
        }
        for tick in plot.y.ticks {
            let at = plot.vertical(tick)
            drawing.add(.init([.init(plot.left, at), .init(plot.right, at)], width: 1, color: .paleGray))
            drawing.add(
                .init(FittedAxis.name(of: tick), at: .init(plot.left - 8, at + 4), size: 12, anchor: .end, color: .gray)
            )
        }
        let axes = [
            PlanePoint(plot.left, plot.top), PlanePoint(plot.left, plot.bottom), PlanePoint(plot.right, plot.bottom),
        ]
        drawing.add(.init(axes, width: 1.2, color: .gray))
        drawing.add(.init(title, at: .init(plot.left, 24), size: 16))
        drawing.add(
            .init(x.title, at: .init((plot.left + plot.right) / 2, plot.bottom + 40), size: 13, anchor: .middle))
        drawing.add(
            .init(y.title, at: .init(18, (plot.top + plot.bottom) / 2), size: 13, anchor: .middle, isUpright: true))
    }

    private func add(_ series: Series, color: Color, plot: Plot, to drawing: inout Drawing) {
        let runs = series.points.split { !x.shows($0.x) || !y.shows($0.y) }
        for run in runs {
            let places = run.map(plot.place)
            drawing.add(.init(places, width: 2, color: color, isDashed: series.isDashed))
            guard series.hasDots else { continue }
            for place in places { drawing.add(.init([place], width: 7, color: color)) }
        }
    }

    private func addLegend(plot: Plot, to drawing: inout Drawing) {
        let named = series.enumerated().filter { !$0.element.name.isEmpty }
        guard !named.isEmpty else { return }
        let longest = named.map(\.element.name.count).max() ?? 0
        let width = 54 + Double(longest) * 7.6
        let left = plot.right - width - 8
        drawing.add(
            .init(x: left, y: plot.top + 8, width: width, height: Double(named.count) * 20 + 8, color: .white))
        for (row, (index, series)) in named.enumerated() {
            let at = plot.top + 24 + Double(row) * 20
            drawing.add(
                .init(
                    [.init(left + 8, at - 4), .init(left + 34, at - 4)], width: 2,
                    color: Color.distinct[index % Color.distinct.count], isDashed: series.isDashed))
            drawing.add(.init(series.name, at: .init(left + 42, at), size: 13))
        }
    }
}

/// The rectangle that a chart's lines are drawn in.
private struct Plot {
    let left, top, right, bottom: Double
    let x: FittedAxis
    let y: FittedAxis

    /// Kept within the plot: what lies beyond the ends of an axis is drawn at its edge.
    func horizontal(_ value: Double) -> Double { left + min(max(x.share(of: value), 0), 1) * (right - left) }
    func vertical(_ value: Double) -> Double { bottom - min(max(y.share(of: value), 0), 1) * (bottom - top) }
    func place(_ point: PlanePoint) -> PlanePoint { PlanePoint(horizontal(point.x), vertical(point.y)) }
}
