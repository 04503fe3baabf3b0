import DuctusFoundations
import DuctusNetwork
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Foundation
import Synchronization

/// The daemon as a whole: sockets, lanes, and the way between them.
///
///     sockets → Intake → lanes → LabelPublisher → sockets
///
/// For example: `let server = try Server(loaded); try server.start(); …; server.stop()`.
///
/// Guarantees
/// - After `start` the models are warm and the sockets listen.
/// - `stop` takes nothing more in, ends what is open, publishes its finals, and only then closes the sockets.
package final class Server: Sendable {
    package let configuration: Configuration
    package let locations: Locations
    package let pipelines: PipelineSet
    package let lanes: [LaneThread]
    private let intake: Intake
    private let publisher: LabelPublisher
    private let reactor: Reactor
    private let desk: ControlDesk
    private let taps = Taps()
    private let runtime: RuntimeDirectory
    private let clock: any Clock
    private let started: Int64

    /// The reactor's ports, in its order.
    private enum PortNumber: Int, CaseIterable {
        case ink, features, labels, control
    }

    /// Loads the models and binds the sockets; nothing is read yet.
    ///
    /// - Throws: `ServerFault`, `TransportFault`.
    package init(
        _ loaded: ConfigurationLoader.Loaded, pipelines: PipelineSet? = nil, health: ServiceHealth = ServiceHealth(),
        parts: ServerParts = ServerParts(), clock: any Clock = SystemClock()
    ) throws {
        let configuration = loaded.configuration
        self.configuration = configuration
        locations = loaded.locations
        self.clock = clock
        started = clock.unixMicroseconds
        runtime = try RuntimeDirectory(loaded.locations.runtime)
        let pipelines = try pipelines ?? PipelineSet(configuration.pipelines, locations: loaded.locations)
        self.pipelines = pipelines

        let count = configuration.lanes ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
        let limits = LaneLimits(
            streams: max(1, configuration.limits.streams / count), queuedPackets: configuration.limits.queue,
            streamBytes: configuration.limits.streamMemory, eviction: configuration.limits.idleStream)
        let publisher = LabelPublisher(
            limit: configuration.limits.streams, clock: clock, faults: parts.faults, onFinished: parts.onFinished)
        let lanes = (0..<count).map { LaneThread(number: $0, limits: limits, clock: clock, sink: publisher) }
        self.publisher = publisher
        self.lanes = lanes
        intake = Intake(pipelines: pipelines, lanes: lanes, clock: clock, access: parts.access, faults: parts.faults)
        let reactor = try Reactor(
            context: try parts.access?.context ?? Context(), ports: Self.ports(configuration, loaded.locations, parts),
            name: "sockets")
        self.reactor = reactor

        let (started, intake) = (self.started, self.intake)
        let status = StatusHandler(lanes: lanes) {
            Self.overview(
                configuration, pipelines, health: health, started: started, lanes: lanes, intake: intake,
                publisher: publisher,
                reactor: reactor)
        }
        let guardians = parts.access.map { [AccessHandler(access: $0) as any ControlHandler] } ?? []
        desk = ControlDesk(handlers: guardians + [status] + parts.handlers) { frames in
            reactor.send(frames, on: PortNumber.control.rawValue, matters: true)
        }
    }

    /// Warms the models up, starts the threads.
    package func start() throws {
        for entry in pipelines.entries {
            try entry.models.current(for: nil).warmUp(decoding: entry.pipeline.decoding)
        }
        for lane in lanes { lane.run() }
        publisher.connect { [reactor] frames, matters in
            reactor.send(frames, on: PortNumber.labels.rawValue, matters: matters)
        }
        try reactor.run { [self] port, batch in
            switch PortNumber(rawValue: port) {
            case .ink: takeInput(batch, .ink)
            case .features: takeInput(batch, .features)
            case .control: desk.take(batch)
            case .labels: takeSubscriptions(batch)
            case nil: break
            }
        }
        try reactor.waitUntilReady(milliseconds: 2000)
    }

    private func takeInput(_ batch: MessageBatch, _ input: Pipeline.Input) {
        if !taps.isEmpty {
            for message in 0..<batch.count where batch.frameCount(message) == 2 && taps.want(batch.frame(message, 0)) {
                reactor.send(batch.frames(message), on: PortNumber.labels.rawValue)
            }
        }
        intake.take(batch, input: input)
    }

    private func takeSubscriptions(_ batch: MessageBatch) {
        for message in 0..<batch.count {
            guard let subscription = batch.withFrame(message, 0, { Subscription($0) }) else { continue }
            taps.note(subscription)
            publisher.welcome(subscription)
        }
    }

    /// Where the sockets listen.
    package var endpoints: [Endpoint] { reactor.endpoints.flatMap { $0 } }

    /// Ends the daemon's work.
    ///
    /// - Returns: false if a lane did not end in time; its finals are lost.
    @discardableResult
    package func stop() -> Bool {
        intake.close()
        let deadline = clock.monotonic + Int64(configuration.limits.shutdown * 1e9)
        var allEnded = true
        for lane in lanes {
            let left = Double(max(0, deadline - clock.monotonic)) / 1e9
            if !lane.stop(within: left) { allEnded = false }
        }
        reactor.stop()
        return allEnded
    }

    /// Sends an event or a suggestion on the labels' socket.
    package func publish(_ topic: Topic, _ payload: [UInt8]) {
        reactor.send([topic.wire, payload], on: PortNumber.labels.rawValue, matters: true)
    }

    // MARK: What others ask

    package struct Totals: Sendable {
        package var inkPackets: UInt64
        package var featurePackets: UInt64
        /// Messages and events given up, by reason.
        package var drops: [String: UInt64]
        package var transport: Reactor.Totals
        package var gaps: LabelEvent.Gaps
        /// Time in the stages before and after the lanes, µs.
        package var stages: [String: LatencyHistogram]
    }

    package var totals: Totals { Self.totals(intake: intake, publisher: publisher, reactor: reactor) }

    /// The threads that must not hang.
    package var pulses: [any Pulse] { lanes.map(LanePulse.init(lane:)) + [ReactorPulse(reactor: reactor)] }

    private static func totals(intake: Intake, publisher: LabelPublisher, reactor: Reactor) -> Totals {
        let taken = intake.totals
        var drops = intake.drops
        drops["outbox_full"] = publisher.dropped
        drops["unsent"] = reactor.totals.unsent
        drops["overlong"] = reactor.totals.overlong
        return Totals(
            inkPackets: taken.ink, featurePackets: taken.features, drops: drops, transport: reactor.totals,
            gaps: publisher.gaps, stages: ["intake": taken.latency, "publish": publisher.latency])
    }

    private static func ports(_ configuration: Configuration, _ locations: Locations, _ parts: ServerParts)
        -> [DuctusTransport.Port]
    {
        let endpoints = configuration.endpoints
        return PortNumber.allCases.map { number in
            var options = SocketOptions()
            options.maximumFrame = configuration.limits.message
            options.permissions = 0o660
            options.security = parts.access?.security(of: "\(number)") ?? .none
            let bind =
                switch number {
                case .ink: endpoints.ink
                case .features: endpoints.features
                case .labels: endpoints.labels
                case .control: endpoints.control
                }
            let kind: Socket.Kind =
                switch number {
                case .ink, .features: .subscribe
                case .labels: .xpub
                case .control: .router
                }
            if number == .labels {
                options.everySubscription = true
                options.manualSubscriptions = parts.access?.guardsSubscriptions ?? false
                // The last finals must leave before the process does.
                options.linger = 500
            }
            var port = DuctusTransport.Port(kind, options: options, bind: bind.map(locations.resolve))
            switch number {
            case .ink: port.subscriptions = [Topic.inkPrefix]
            case .features: port.subscriptions = [Topic.featuresPrefix]
            case .labels:
                port.answersSubscriptionsTo = Topic.readyPrefix
                if let access = parts.access, access.guardsSubscriptions {
                    port.permits = { peer, prefix in access.permits(prefix, to: peer) }
                }
            case .control: break
            }
            port.asksPeers = number == .control || parts.access != nil && number != .labels
            return port
        }
    }

    private static func overview(
        _ configuration: Configuration, _ pipelines: PipelineSet, health: ServiceHealth, started: Int64,
        lanes: [LaneThread], intake: Intake, publisher: LabelPublisher, reactor: Reactor
    ) -> WireStatusReply {
        WireStatusReply.with {
            $0.release = Release.version
            $0.started = started
            $0.ready = health.state.isReady
            $0.degraded = health.state.degraded.sorted { $0.key < $1.key }.map { "\($0): \($1)" }
            $0.residentBytes = ProcessFigures.read()?.residentBytes ?? 0
            $0.endpoints = reactor.endpoints.flatMap { $0 }.map(\.description)
            $0.pipelines = pipelines.entries.map { entry in
                let served = entry.models.current(for: nil)
                return WirePipelineStatus.with {
                    $0.name = entry.pipeline.name
                    $0.input = entry.pipeline.input.rawValue
                    $0.model = served.model.name
                    $0.generation = served.generation.wire
                    $0.hopMs = UInt32(entry.pipeline.window.hop * 1000)
                    $0.lookaheadMs = lookahead(of: entry.pipeline, served.model, lanes)
                    if case .vectors(let configuration) = served.model.input { $0.channels = configuration.channels }
                }
            }
            $0.instructionSet =
                pipelines.entries.first?.models.current(for: nil).model.network.instructionSet.rawValue ?? ""
            let totals = totals(intake: intake, publisher: publisher, reactor: reactor)
            $0.counters = [
                "packets_ink": totals.inkPackets, "packets_features": totals.featurePackets,
                "messages_received": totals.transport.received, "messages_sent": totals.transport.sent,
            ].merging(totals.drops.map { ("dropped_" + $0, $1) }) { first, _ in first }
            for lane in lanes {
                $0.counters.merge(lane.report.counters.drops.map { ("dropped_" + $0, $1) }, uniquingKeysWith: &+)
            }
        }
    }

    /// How much of the future a pipeline's partials wait for, ms: by the sensor's rate, or as fast as its pens have written so far.
    private static func lookahead(of pipeline: Pipeline, _ model: Model, _ lanes: [LaneThread]) -> UInt32 {
        var pace = FramePace()
        for lane in lanes { lane.report.counters.pace[pipeline.name].map { pace.add($0) } }
        let millisecondsPerFrame = model.input.frameSeconds.map { 1000 * $0 } ?? pace.millisecondsPerFrame
        return UInt32(min(1e9, (Double(pipeline.window.lookahead) * millisecondsPerFrame).rounded()))
    }
}

/// The program's version, as commands and status give it.
package enum Release {
    package static let version = "0.1.0"
}

/// A lane as the watchdog sees it.
private struct LanePulse: Pulse {
    let lane: LaneThread
    var name: String { "lane-\(lane.number)" }
    var beats: UInt64 { lane.beat }
    func nudge() { lane.perform { _ in } }
}

/// The sockets' thread as the watchdog sees it.
private struct ReactorPulse: Pulse {
    let reactor: Reactor
    var name: String { "sockets" }
    var beats: UInt64 { reactor.turns }
    func nudge() { reactor.nudge() }
}
