import Metrics
import Synchronization

/// Keeps all series and writes them as Prometheus' text format, version 0.0.4.
///
/// For example:
/// ```swift
/// let registry = PrometheusRegistry()
/// MetricCatalogue.dropped.counter("malformed", from: registry).increment()
/// registry.text()
/// ```
/// Guarantee: the same name and labels always give the same series. A name outside `MetricCatalogue` is kept too, without help.
package final class PrometheusRegistry: MetricsFactory {
    fileprivate enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
    }

    private struct Identity: Hashable {
        var name: String
        /// The labels as they are written between braces.
        var labels: String
    }

    private let series = Mutex<[Identity: Series]>([:])
    private let collectors = Mutex<[@Sendable () -> Void]>([])

    package init() {}

    /// Calls `collector` before each `text()`, for figures that are read rather than counted.
    package func beforeReading(_ collector: @escaping @Sendable () -> Void) {
        collectors.withLock { $0.append(collector) }
    }

    /// The whole of it, ordered by name, then labels.
    package func text() -> String {
        for collect in collectors.withLock({ $0 }) { collect() }
        let all = series.withLock { $0 }.sorted { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }
        var text = ""
        var latest = ""
        for (identity, series) in all {
            if identity.name != latest {
                latest = identity.name
                if let metric = MetricCatalogue(rawValue: identity.name) {
                    text += "# HELP \(identity.name) \(PrometheusText.help(metric.help))\n"
                }
                text += "# TYPE \(identity.name) \(series.kind.rawValue)\n"
            }
            series.write(name: identity.name, labels: identity.labels, to: &text)
        }
        return text
    }

    /// Sets a histogram whose values are counted elsewhere.
    /// - Parameters:
    ///   - values: One for each label of the metric.
    ///   - sum: In seconds.
    ///   - upTo: Gives the number of values up to a bound in seconds.
    package func set(
        _ metric: MetricCatalogue, _ values: [String], count: UInt64, sum: Double, upTo: (Double) -> UInt64
    ) {
        histogram(metric.rawValue, Array(zip(metric.labels, values))).replace(count: count, sum: sum, upTo: upTo)
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { histogram(label, dimensions) } else { gauge(label, dimensions) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    // Series live as long as the process: a counter that vanished and came back would read as a reset.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func counter(_ name: String, _ dimensions: [(String, String)]) -> CounterSeries {
        let made = find(name, dimensions) { .counter(CounterSeries()) }
        guard case .counter(let series) = made else { preconditionFailure("\(name) is not a counter") }
        return series
    }

    private func gauge(_ name: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let made = find(name, dimensions) { .gauge(GaugeSeries()) }
        guard case .gauge(let series) = made else { preconditionFailure("\(name) is not a gauge") }
        return series
    }

    private func histogram(_ name: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let bounds = (MetricCatalogue(rawValue: name) ?? .stage).buckets
        let made = find(name, dimensions) { .histogram(HistogramSeries(bounds: bounds)) }
        guard case .histogram(let series) = made else { preconditionFailure("\(name) is not a histogram") }
        return series
    }

    private func find(_ name: String, _ dimensions: [(String, String)], make: () -> Series) -> Series {
        let identity = Identity(
            name: PrometheusText.name(name),
            labels: dimensions.map { "\(PrometheusText.name($0))=\"\(PrometheusText.value($1))\"" }.joined(
                separator: ","))
        return series.withLock { all in
            if let known = all[identity] { return known }
            let new = make()
            all[identity] = new
            return new
        }
    }
}

extension PrometheusRegistry.Series {
    fileprivate var kind: MetricCatalogue.Kind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        }
    }

    fileprivate func write(name: String, labels: String, to text: inout String) {
        switch self {
        case .counter(let counter): text += "\(name)\(braced(labels)) \(PrometheusText.number(counter.value))\n"
        case .gauge(let gauge): text += "\(name)\(braced(labels)) \(PrometheusText.number(gauge.value))\n"
        case .histogram(let histogram):
            let contents = histogram.snapshot
            let prefix = labels.isEmpty ? "" : labels + ","
            var below: UInt64 = 0
            for (bound, count) in zip(histogram.bounds + [.infinity], contents.counts) {
                below += count
                text += "\(name)_bucket{\(prefix)le=\"\(PrometheusText.number(bound))\"} \(below)\n"
            }
            text += "\(name)_sum\(braced(labels)) \(PrometheusText.number(contents.sum))\n"
            text += "\(name)_count\(braced(labels)) \(below)\n"
        }
    }

    private func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }
}

/// Escaping and numbers of the text format.
enum PrometheusText {
    /// Anything but letters, digits, `_` and `:` becomes `_`.
    static func name(_ text: String) -> String {
        var name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        return name
    }

    static func value(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func help(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }
}
