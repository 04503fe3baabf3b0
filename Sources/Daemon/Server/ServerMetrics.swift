import DuctusStreaming
import Metrics

/// Brings the server's totals into the metrics, each time they are read.
package final class ServerMetrics: Sendable {
    private let server: Server
    private let registry: PrometheusRegistry
    private let totals = RunningTotals()

    package init(server: Server, registry: PrometheusRegistry) {
        self.server = server
        self.registry = registry
    }

    /// Registers them.
    package func publish() {
        ProcessFigures.publish(in: registry)
        registry.beforeReading { [self] in
            update()
            var partials = LatencyHistogram(), finals = LatencyHistogram()
            for lane in server.lanes {
                let report = lane.report
                update(lane: "\(lane.number)", report)
                partials.add(report.counters.partialLatency)
                finals.add(report.counters.finalLatency)
            }
            expose(partials, as: .partialLatency)
            expose(finals, as: .finalLatency)
        }
    }

    private func update() {
        let totals = server.totals
        for (input, count) in totals.packets {
            advance(MetricCatalogue.packetsReceived.counter(input, from: registry), to: count, "packets." + input)
        }
        advance(MetricCatalogue.bytesReceived.counter(from: registry), to: totals.transport.receivedBytes, "bytes")
        for (reason, count) in totals.drops {
            advance(MetricCatalogue.dropped.counter(reason, from: registry), to: count, "drop.\(reason)")
        }
        advance(MetricCatalogue.gapPackets.counter(from: registry), to: totals.gaps.packets, "gaps")
        advance(MetricCatalogue.dirtySamples.counter(from: registry), to: totals.gaps.dirtySamples, "dirty")
        advance(MetricCatalogue.clockJumps.counter(from: registry), to: totals.gaps.clockJumps, "clock")
        advance(MetricCatalogue.rateChanges.counter(from: registry), to: totals.gaps.rateChanges, "rate")
        advance(MetricCatalogue.peersAdmitted.counter(from: registry), to: totals.transport.peersAdmitted, "admitted")
        advance(MetricCatalogue.peersRefused.counter(from: registry), to: totals.transport.peersRefused, "refused")
        MetricCatalogue.connections.gauge(from: registry).record(totals.transport.connections)
        for (stage, latency) in totals.stages { expose(latency, as: .stage, stage) }
        for entry in server.pipelines.entries {
            let served = entry.models.current(for: nil)
            MetricCatalogue.generation.gauge(entry.pipeline.name, from: registry).record(served.generation.number)
        }
    }

    private func update(lane: String, _ report: LaneReport) {
        let counters = report.counters
        MetricCatalogue.streams.gauge(lane, from: registry).record(report.streams)
        MetricCatalogue.streamMemory.gauge(lane, from: registry).record(report.byteCount)
        MetricCatalogue.queueDepth.gauge(lane, "partials", from: registry).record(report.duePartials)
        MetricCatalogue.queueDepth.gauge(lane, "finals", from: registry).record(report.waitingFinals)
        advance(MetricCatalogue.windows.counter(lane, from: registry), to: counters.windows, "\(lane).windows")
        advance(
            MetricCatalogue.skippedPartials.counter(lane, from: registry), to: counters.skippedPartials,
            "\(lane).skipped")
        advance(MetricCatalogue.partials.counter(lane, from: registry), to: counters.partials, "\(lane).partials")
        advance(MetricCatalogue.finals.counter(lane, from: registry), to: counters.finals, "\(lane).finals")
        for (reason, count) in counters.drops {
            advance(MetricCatalogue.dropped.counter(reason, from: registry), to: count, "\(lane).\(reason)")
        }
    }

    private func expose(_ latency: LatencyHistogram, as metric: MetricCatalogue, _ labels: String...) {
        registry.set(metric, labels, count: latency.count, sum: Double(latency.sum) / 1e6) {
            latency.count(upTo: $0 * 1e6)
        }
    }

    private func advance(_ counter: Counter, to total: UInt64, _ key: String) {
        totals.advance(counter, to: total, key: key)
    }
}
