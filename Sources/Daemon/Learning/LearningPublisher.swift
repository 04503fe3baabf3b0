import Dispatch
import DuctusAdaptation
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Logging
import Metrics
import Synchronization

/// Tells what happens in learning: to subscribers, in the log, in the metrics, and in the daemon's health.
package final class LearningPublisher: Sendable {
    private let events: EventPublisher
    private let sink: any MessageSink
    private let registry: PrometheusRegistry
    private let health: ServiceHealth
    private let logger: Logger
    private let queue = DispatchQueue(label: "learning events")
    /// Why learning does not work, by pipeline.
    private let faults = Mutex<[String: String]>([:])

    /// - Parameters:
    ///   - events: publishes on the topic of the daemon's events.
    ///   - sink: gets suggestions of segments to look at.
    package init(
        events: EventPublisher, sink: any MessageSink, registry: PrometheusRegistry, health: ServiceHealth,
        logger: Logger
    ) {
        self.events = events
        self.sink = sink
        self.registry = registry
        self.health = health
        self.logger = logger
    }

    /// Follows the events of these services from now on.
    package func follow(_ services: [LearningService]) {
        for service in services {
            let pipeline = service.pipeline
            service.events.follow(on: queue) { [self] event in tell(event, of: pipeline) }
        }
    }

    private func tell(_ event: LearningEvent, of pipeline: String) {
        switch event {
        case .trial(let report): tell(report, of: pipeline)
        case .overtaken(let scope):
            logger.notice(
                "not promoted",
                metadata: ["scope": "\(scope)", "reason": "\(GenerationError.overtaken(scope))"])
        case .rolledBack(let from, let to):
            events.publish(
                .rollback(
                    .with {
                        $0.from = LabelEvent.Generation(from).wire
                        $0.to = LabelEvent.Generation(to).wire
                    }))
        case .distrusted(let source, let standing):
            logger.warning(
                "corrections of a stream contradict what is read with confidence; nothing is learned from it",
                metadata: [
                    "stream": "\(source.stream)", "writer": "\(source.writer ?? "")",
                    "corrections": "\(standing.corrections)", "doubtful": "\(standing.doubtful)",
                ])
        case .released(let scope, let count):
            logger.notice(
                "quarantined corrections agree with the new weights",
                metadata: ["scope": "\(scope)", "count": "\(count)"])
        case .failed(let scope, let reason):
            logger.error("nothing was learned", metadata: ["scope": "\(scope)", "reason": "\(reason)"])
        case .health(let reason): tellHealth(reason, of: pipeline)
        case .remark(let text): logger.notice("\(text)")
        case .review(let segment, let confidence): suggest(segment, confidence)
        }
    }

    private func tellHealth(_ reason: String?, of pipeline: String) {
        let fault = faults.withLock { faults in
            faults[pipeline] = reason
            return faults.min { $0.key < $1.key }?.value
        }
        guard health.degrade("learning", because: fault) else { return }
        if let fault {
            logger.error("corrections are not taken", metadata: ["reason": "\(fault)"])
        } else {
            logger.notice("corrections are taken again")
        }
    }

    private func tell(_ report: TrialReport, of pipeline: String) {
        let figures = report.verdict.figures
        let outcome = report.verdict.isPromoted ? "promoted" : "rejected"
        let scope = report.scope == .shared ? "shared" : "writer"
        MetricCatalogue.trials.counter(scope, outcome, from: registry).increment()
        MetricCatalogue.trialDuration.timer(scope, from: registry).recordNanoseconds(Int64(report.seconds * 1e9))
        if report.verdict.isPromoted, report.scope == .shared {
            MetricCatalogue.generation.gauge(pipeline, from: registry).record(report.generation.number)
        }
        let trial = WireTrial(report)
        logger.notice(
            "\(outcome)",
            metadata: [
                "scope": "\(scope)", "generation": "\(report.generation)", "reason": "\(trial.reason)",
                "held_out": "\(figures.heldOutBefore.loss) -> \(figures.heldOutAfter.loss)",
                "seconds": "\(report.seconds)",
            ])
        events.publish(report.verdict.isPromoted ? .promotion(trial) : .rejection(trial))
    }

    private func suggest(_ segment: FinishedSegment, _ confidence: Float) {
        let suggestion = WireReviewSuggestion(segment, confidence: confidence)
        guard let payload = try? suggestion.wire() else { return }
        sink.send(Publication(Topic.review(segment.event.stream).wire, payload), matters: true)
    }
}

extension WireTrial {
    fileprivate init(_ report: TrialReport) {
        let figures = report.verdict.figures
        self.init()
        generation = LabelEvent.Generation(report.generation).wire
        parent = LabelEvent.Generation(report.parent).wire
        corrections = UInt32(clamping: report.corrections)
        heldOutBefore = Float(figures.heldOutBefore.cer)
        heldOutAfter = Float(figures.heldOutAfter.cer)
        if let before = figures.canaryBefore { canaryBefore = Float(before.cer) }
        if let after = figures.canaryAfter { canaryAfter = Float(after.cer) }
        if case .rejected(let rejection, _) = report.verdict { reason = "\(rejection)" }
        seconds = Float(report.seconds)
        writer = report.scope.writer ?? ""
    }
}

extension WireReviewSuggestion {
    fileprivate init(_ segment: FinishedSegment, confidence: Float) {
        let event = segment.event
        self.init()
        stream = event.stream.text
        self.segment = event.segment
        text = event.text
        self.confidence = confidence
        alternatives = event.alternatives.map { reading in
            .with {
                $0.text = reading.text
                $0.score = reading.score
            }
        }
        generation = event.generation.wire
        writer = segment.writer ?? ""
        if let evidence = segment.evidence { set(evidence) }
    }
}
