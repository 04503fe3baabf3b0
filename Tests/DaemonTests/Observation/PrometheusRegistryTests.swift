import DuctusDaemon
import Metrics
import Testing

@Suite struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry()

    private func lines(_ prefix: String) -> [String] {
        registry.text().split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }

    @Test func aCounter_isWrittenWithHelpTypeAndLabels() {
        MetricCatalogue.dropped.counter("malformed", from: registry).increment(by: 3)
        MetricCatalogue.dropped.counter("malformed", from: registry).increment()
        MetricCatalogue.dropped.counter("quota_bytes", from: registry).increment()
        #expect(
            registry.text() == """
                # HELP ductus_dropped_total Messages and labels given up, by reason.
                # TYPE ductus_dropped_total counter
                ductus_dropped_total{reason="malformed"} 4
                ductus_dropped_total{reason="quota_bytes"} 1

                """)
    }

    @Test func aGauge_showsTheLatestValue() {
        let gauge = MetricCatalogue.ready.gauge(from: registry)
        gauge.record(1)
        gauge.record(0.5)
        #expect(lines("ductus_ready") == ["ductus_ready 0.5"])
    }

    @Test func aHistogram_isCumulative_andInSeconds() {
        let timer = MetricCatalogue.finalLatency.timer(from: registry)
        timer.recordMilliseconds(3)
        timer.recordMilliseconds(3)
        timer.recordMilliseconds(40)
        timer.recordSeconds(60)
        let written = lines("ductus_final_latency_seconds")
        #expect(written.contains("ductus_final_latency_seconds_bucket{le=\"0.0025\"} 0"))
        #expect(written.contains("ductus_final_latency_seconds_bucket{le=\"0.005\"} 2"))
        #expect(written.contains("ductus_final_latency_seconds_bucket{le=\"0.05\"} 3"))
        #expect(written.contains("ductus_final_latency_seconds_bucket{le=\"+Inf\"} 4"))
        #expect(written.contains("ductus_final_latency_seconds_count 4"))
        #expect(written.contains("ductus_final_latency_seconds_sum 60.046"))
    }

    @Test func aHistogramThatOthersCount_isTakenOver() {
        registry.set(.stage, ["intake"], count: 10, sum: 0.5) { $0 >= 0.01 ? 9 : 0 }
        let written = lines("ductus_stage_seconds")
        #expect(written.contains("ductus_stage_seconds_bucket{stage=\"intake\",le=\"0.005\"} 0"))
        #expect(written.contains("ductus_stage_seconds_bucket{stage=\"intake\",le=\"0.01\"} 9"))
        #expect(written.contains("ductus_stage_seconds_bucket{stage=\"intake\",le=\"+Inf\"} 10"))
        #expect(written.contains("ductus_stage_seconds_sum{stage=\"intake\"} 0.5"))
    }

    @Test func namesAndValuesFromOutside_cannotBreakALine() {
        Counter(label: "odd name.total", dimensions: [("a b", "x\"\\\ny")], factory: registry).increment()
        #expect(lines("odd_name_total") == ["odd_name_total{a_b=\"x\\\"\\\\\\ny\"} 1"])
    }

    @Test func countersDoNotFall_andIgnoreNonsense() {
        let counter = FloatingPointCounter(label: "x_total", factory: registry)
        counter.increment(by: 2)
        counter.increment(by: -1)
        counter.increment(by: Double.nan)
        #expect(lines("x_total") == ["x_total 2"])
    }

    @Test func manyThreads_loseNothing() async {
        let counter = MetricCatalogue.finals.counter("0", from: registry)
        let timer = MetricCatalogue.partialLatency.timer(from: registry)
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordNanoseconds(1_000_000)
                    }
                }
            }
        }
        #expect(lines("ductus_finals_total") == ["ductus_finals_total{lane=\"0\"} 8000"])
        #expect(lines("ductus_partial_latency_seconds_count") == ["ductus_partial_latency_seconds_count 8000"])
    }

    @Test func collectors_runBeforeEachReading() {
        let gauge = MetricCatalogue.ready.gauge(from: registry)
        registry.beforeReading { gauge.record(1) }
        #expect(lines("ductus_ready") == ["ductus_ready 1"])
    }

    @Test func totalsOfOthers_becomeCounters_alsoAfterTheyBeginAnew() {
        let totals = RunningTotals()
        let counter = MetricCatalogue.windows.counter("0", from: registry)
        for total: UInt64 in [5, 5, 9, 2] { totals.advance(counter, to: total, key: "lane-0") }
        #expect(lines("ductus_windows_total") == ["ductus_windows_total{lane=\"0\"} 11"])
    }

    @Test func theProcess_isDescribed() {
        ProcessFigures.publish(in: registry)
        let text = registry.text()
        for metric in MetricCatalogue.allCases where metric.rawValue.hasPrefix("process_") {
            #expect(text.contains("\n\(metric.rawValue) "), "\(metric.rawValue)")
        }
        let resident = lines("process_resident_memory_bytes").first.flatMap { Double($0.split(separator: " ")[1]) } ?? 0
        #expect(resident > 1_000_000)
    }

    @Test func everyMetric_hasAPlainNameAndHelp() {
        for metric in MetricCatalogue.allCases {
            #expect(metric.help.hasSuffix("."), "\(metric.rawValue)")
            #expect(metric.kind != .counter || metric.rawValue.hasSuffix("_total"), "\(metric.rawValue)")
        }
    }
}
