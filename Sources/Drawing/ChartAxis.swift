import Foundation

/// One axis of a chart: what it shows and how numbers become places on it.
public struct ChartAxis: Sendable {
    /// The caption beside the axis, with its unit.
    public var title: String
    /// The range of the axis; nil: chosen from the data.
    public var range: ClosedRange<Double>?
    /// Whether equal factors have equal lengths; shows positive numbers only.
    public var isLogarithmic: Bool

    /// An axis. Without a range it spans the points.
    public init(_ title: String = "", range: ClosedRange<Double>? = nil, isLogarithmic: Bool = false) {
        self.title = title
        self.range = range
        self.isLogarithmic = isLogarithmic
    }

    /// Whether the axis can show `value`.
    func shows(_ value: Double) -> Bool {
        value.isFinite && (!isLogarithmic || value > 0)
    }

    /// The axis with its ends fixed: those given, or those of the data, widened to round numbers.
    func fitted(to data: [Double]) -> FittedAxis {
        let shown = data.filter(shows)
        var low = shown.min() ?? (isLogarithmic ? 1 : 0)
        var high = shown.max() ?? 1
        if let range, shows(range.lowerBound), shows(range.upperBound) {
            low = range.lowerBound
            high = range.upperBound
        }
        let isGiven = range.map { shows($0.lowerBound) && shows($0.upperBound) } ?? false
        if isLogarithmic {
            if low == high { high = low * 10 }
            return FittedAxis(low: log(low), high: log(high), ticks: logarithmicTicks(low, high), isLogarithmic: true)
        }
        if low == high { (low, high) = (low - max(abs(low), 1) / 2, high + max(abs(high), 1) / 2) }
        let step = Self.roundStep((high / 5 - low / 5))
        if !isGiven {
            low = (low / step).rounded(.down) * step
            high = (high / step).rounded(.up) * step
        }
        let first = (low / step - 1e-6).rounded(.up)
        let ticks = (0...20).map { (first + Double($0)) * step }.prefix { $0 <= high + step * 1e-6 }
        return FittedAxis(low: low, high: high, ticks: Array(ticks), isLogarithmic: false)
    }

    /// Powers of ten; over less than two decades powers of two.
    private func logarithmicTicks(_ low: Double, _ high: Double) -> [Double] {
        let base: Double = high / low < 100 ? 2 : 10
        let first = (log(low) / log(base) - 1e-6).rounded(.up)
        let last = (log(high) / log(base) + 1e-6).rounded(.down)
        let every = max(((last - first) / 10).rounded(.up), 1)
        return stride(from: first, through: last, by: every).map { pow(base, $0) }
    }

    /// The next of 1, 2, 5, 10, 20 … that is not below `step`.
    private static func roundStep(_ step: Double) -> Double {
        let power = pow(10, log10(max(step, 1e-300)).rounded(.down))
        return ([1, 2, 5].first { $0 * power >= step * 0.999 } ?? 10) * power
    }
}

/// An axis whose ends are known.
struct FittedAxis {
    /// The ends: of the numbers, or of their logarithms.
    let low: Double
    let high: Double
    let ticks: [Double]
    let isLogarithmic: Bool

    /// The place of a number on the axis: 0 at the low end, 1 at the high end.
    func share(of value: Double) -> Double {
        ((isLogarithmic ? log(value) : value) - low) / (high - low)
    }

    /// A number as short as can be beside a tick.
    static func name(of value: Double) -> String {
        if value == 0 || abs(value) < 1e-12 { return "0" }
        if abs(value) >= 1e6 || abs(value) < 1e-3 { return String(format: "%.3g", value) }
        var text = String(format: "%.4f", value)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
