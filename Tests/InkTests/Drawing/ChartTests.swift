import DuctusDrawing
import DuctusInk
import Foundation
import Testing

struct ChartTests {
    private func texts(of drawing: Drawing) -> [String] {
        drawing.elements.compactMap { element in
            if case .text(let text) = element { text.string } else { nil }
        }
    }

    private func lines(of drawing: Drawing) -> [Drawing.Line] {
        drawing.elements.compactMap { element in
            if case .line(let line) = element, line.widths[0] == 2 { line } else { nil }
        }
    }

    @Test func ticksAreRoundNumbersAroundTheData() {
        let chart = Chart(
            title: "t", x: ChartAxis("epoch"), y: ChartAxis("error"),
            series: [.init("", points: [PlanePoint(0, 3.1), PlanePoint(27, 47)])])
        let texts = texts(of: chart.drawing())
        for tick in ["0", "10", "20", "30", "40", "50"] { #expect(texts.contains(tick), "\(tick)") }
        #expect(texts.contains("epoch") && texts.contains("error") && texts.contains("t"))
    }

    @Test func higherValuesStandHigherAndEqualFactorsEquallyFarApart() throws {
        let chart = Chart(
            title: "", x: ChartAxis("lines", isLogarithmic: true), y: ChartAxis("", range: 0...10),
            series: [.init("", points: [PlanePoint(1, 0), PlanePoint(4, 5), PlanePoint(16, 10)])])
        let line = try #require(lines(of: chart.drawing()).first)
        #expect(abs((line.points[1].x - line.points[0].x) - (line.points[2].x - line.points[1].x)) < 1e-9)
        #expect(abs((line.points[0].y - line.points[1].y) - (line.points[1].y - line.points[2].y)) < 1e-9)
        #expect(line.points[0].y > line.points[2].y)
    }

    @Test func whatIsNotANumberIsAGap() {
        let points = [PlanePoint(0, 1), PlanePoint(1, 2), PlanePoint(2, .nan), PlanePoint(3, 2), PlanePoint(4, 1)]
        let chart = Chart(title: "", x: ChartAxis(), y: ChartAxis(), series: [.init("", points: points)])
        #expect(lines(of: chart.drawing()).map(\.points.count) == [2, 2])
    }

    @Test(arguments: [
        [], [PlanePoint(1, 1)], [PlanePoint(.nan, .infinity)], [PlanePoint(-1, -1), PlanePoint(0, 0)],
        [PlanePoint(-1e308, -1e308), PlanePoint(1e308, 1e308)], [PlanePoint(1, 5), PlanePoint(1, 5)],
    ])
    func poorDataGiveAChartAllTheSame(points: [PlanePoint]) throws {
        for isLogarithmic in [false, true] {
            let chart = Chart(
                title: "poor", x: ChartAxis("x", isLogarithmic: isLogarithmic),
                y: ChartAxis("y", isLogarithmic: isLogarithmic),
                series: [.init("s", points: points, isDashed: true, hasDots: true)])
            let svg = chart.drawing().svg()
            #expect(!svg.contains("nan") && !svg.contains("inf"))
            _ = try PNGReader(chart.drawing().png())
        }
    }

    @Test func theLegendNamesTheSeries() {
        let chart = Chart(
            title: "", x: ChartAxis(), y: ChartAxis(),
            series: [.init("training", points: []), .init("", points: []), .init("validation", points: [])])
        let texts = texts(of: chart.drawing())
        #expect(texts.contains("training") && texts.contains("validation"))
    }
}
