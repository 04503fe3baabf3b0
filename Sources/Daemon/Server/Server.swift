import Dispatch
import DuctusFoundations
import DuctusNetwork
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import Synchronization

/// The daemon as a whole: transports, lanes, and the way between them.
///
///     transports → Reception → Intake → lanes → LabelPublisher → transports
///
/// For example: `let server = try Server(loaded, transports: TransportSet(loaded)); try server.start(); …; server.stop()`.
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
    private let reception: Reception
    private let transports: TransportSet
    private let roster: SlotRoster?
    private let clock: any Clock
    private let started: Int64

    /// Nothing is read yet.
    ///
    /// - Parameters:
    ///   - transports: the ways by which clients reach it.
    ///   - pipelines: loaded from the configuration where there is none.
    /// - Throws: `ServerFault` for a pipeline that cannot be loaded.
    package init(
        _ loaded: ConfigurationLoader.Loaded, transports: TransportSet, pipelines: PipelineSet? = nil,
        health: ServiceHealth = ServiceHealth(), parts: ServerParts = ServerParts(), clock: any Clock = SystemClock()
    ) throws {
        let configuration = loaded.configuration
        self.configuration = configuration
        locations = loaded.locations
        self.clock = clock
        started = clock.unixMicroseconds
        self.transports = transports
        let pipelines = try pipelines ?? PipelineSet(configuration.pipelines, locations: loaded.locations)
        self.pipelines = pipelines

        let count = configuration.lanes ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
        let limits = LaneLimits(
            streams: max(1, configuration.limits.streams / count), streamsPerClient: configuration.quotas.streams,
            queuedPackets: configuration.limits.queue, streamBytes: configuration.limits.streamMemory,
            eviction: configuration.limits.idleStream)
        let publisher = LabelPublisher(
            to: transports, limit: configuration.limits.streams, clock: clock, faults: parts.faults,
            onFinished: parts.onFinished)
        let lanes = (0..<count).map { LaneThread(number: $0, limits: limits, clock: clock, sink: publisher) }
        self.publisher = publisher
        self.lanes = lanes
        roster = parts.roster
        intake = Intake(
            pipelines: pipelines, lanes: lanes, clock: clock, access: parts.access, faults: parts.faults,
            roster: parts.roster)

        let (started, intake) = (self.started, self.intake)
        let status = StatusHandler(lanes: lanes) {
            Self.overview(
                configuration, pipelines, health: health, started: started, lanes: lanes, intake: intake,
                publisher: publisher, sockets: transports.sockets)
        }
        let guardians = parts.access.map { [AccessHandler(access: $0) as any ControlHandler] } ?? []
        reception = Reception(
            intake: intake, desk: ControlDesk(handlers: guardians + [status] + parts.handlers), publisher: publisher,
            access: parts.access, sink: transports)
    }

    /// Warms the models up, starts the threads.
    package func start() throws {
        for entry in pipelines.entries {
            try entry.models.current(for: nil).warmUp(decoding: entry.pipeline.decoding)
        }
        // Reading the weight files left as much again on the heap.
        Heap.returnFreed()
        for lane in lanes { lane.run() }
        try transports.start(reception)
    }

    /// The endpoints at which the sockets listen.
    package var endpoints: [Endpoint] { transports.sockets.endpoints.flatMap { $0 } }

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
        transports.stop()
        return allEnded
    }

    // MARK: Slots of a cell

    /// Takes what pens publish for these slots.
    package func serve(_ slots: Set<Slot>) {
        roster?.serve(slots)
        transports.subscribe(to: slots, begins: true)
    }

    /// The slots among these with an open segment, or one that waits for its final. It asks every lane, and waits for
    /// the answers.
    package func busy(among slots: Set<Slot>) -> Set<Slot> {
        guard let slotOf = roster?.streams(of: slots), !slotOf.isEmpty else { return [] }
        let found = FoundSlots()
        let answers = DispatchGroup()
        for (number, streams) in Dictionary(grouping: slotOf.keys, by: { intake.lane(of: $0).number }) {
            answers.enter()
            lanes[number].perform(after: Set(streams)) { lane in
                let busy = lane.busy(among: streams).compactMap { slotOf[$0] }
                found.slots.withLock { $0.formUnion(busy) }
                answers.leave()
            }
        }
        // A lane that computes for so long has something open.
        guard answers.wait(timeout: .now() + 1) == .success else { return slots }
        return found.slots.withLock { $0 }
    }

    /// What lanes answer, also those that answer when nobody waits any more.
    private final class FoundSlots: Sendable {
        let slots = Mutex<Set<Slot>>([])
    }

    /// Takes nothing more for these slots; what is open of their streams gets no final here.
    package func abandon(_ slots: Set<Slot>) {
        guard let roster else { return }
        transports.subscribe(to: slots, begins: false)
        let streams = roster.abandon(slots)
        for (number, streams) in Dictionary(grouping: streams, by: { intake.lane(of: $0).number }) {
            lanes[number].perform(after: Set(streams)) { [publisher] lane in
                lane.abandon(streams)
                publisher.forget(streams)
            }
        }
    }

    // MARK: What others ask

    package struct Totals: Sendable {
        /// Packets that were taken, by the name of their kind of input.
        package var packets: [String: UInt64]
        /// Messages and events given up, by reason.
        package var drops: [String: UInt64]
        package var transport: ZeroMQTransport.Totals
        package var gaps: LabelEvent.Gaps
        /// Time in the stages before and after the lanes, µs.
        package var stages: [String: LatencyHistogram]
    }

    package var totals: Totals { Self.totals(intake: intake, publisher: publisher, sockets: transports.sockets) }

    /// The threads that must not hang.
    package var pulses: [any Pulse] {
        lanes.map(LanePulse.init(lane:)) + [
            SocketsPulse(sockets: transports.sockets, name: "sockets") { $0.turns.sockets },
            SocketsPulse(sockets: transports.sockets, name: "labels") { $0.turns.labels },
        ]
    }

    private static func totals(intake: Intake, publisher: LabelPublisher, sockets: ZeroMQTransport) -> Totals {
        let taken = intake.totals
        var drops = intake.drops
        drops["outbox_full"] = publisher.dropped
        let transport = sockets.totals
        drops["unsent"] = transport.unsent
        drops["overlong"] = transport.overlong
        drops["flooded"] = transport.connectionsEnded
        drops["subscriptions"] = transport.subscribersEnded
        for refusal in Admission.Refusal.allCases {
            drops[refusal.rawValue] = transport.connectionsRefused[refusal] ?? 0
        }
        return Totals(
            packets: Dictionary(
                uniqueKeysWithValues: InputCodec.all.map { ($0.input.rawValue, taken.packets[$0.input] ?? 0) }),
            drops: drops, transport: transport,
            gaps: publisher.gaps, stages: ["intake": taken.latency, "publish": publisher.latency])
    }

    private static func overview(
        _ configuration: Configuration, _ pipelines: PipelineSet, health: ServiceHealth, started: Int64,
        lanes: [LaneThread], intake: Intake, publisher: LabelPublisher, sockets: ZeroMQTransport
    ) -> WireStatusReply {
        WireStatusReply.with {
            $0.release = Release.version
            $0.started = started
            $0.ready = health.state.isReady
            $0.degraded = health.state.degraded.sorted { $0.key < $1.key }.map { "\($0): \($1)" }
            $0.residentBytes = ProcessFigures.read()?.residentBytes ?? 0
            $0.endpoints = sockets.endpoints.flatMap { $0 }.map(\.description)
            $0.pipelines = pipelines.entries.map { entry in
                let served = entry.models.current(for: nil)
                return WirePipelineStatus.with {
                    $0.name = entry.pipeline.name
                    $0.input = entry.pipeline.input.rawValue
                    $0.model = served.model.name
                    $0.generation = served.generation.wire
                    $0.hopMs = UInt32(entry.pipeline.window.hop * 1000)
                    $0.lookaheadMs = lookahead(of: entry.pipeline, served.model, lanes)
                    $0.channels = served.model.input.channels
                }
            }
            $0.instructionSet =
                pipelines.entries.first?.models.current(for: nil).model.network.instructionSet.rawValue ?? ""
            let totals = totals(intake: intake, publisher: publisher, sockets: sockets)
            $0.counters = [
                "messages_received": totals.transport.received, "messages_sent": totals.transport.sent,
            ].merging(totals.drops.map { ("dropped_" + $0, $1) }) { first, _ in first }
            $0.counters.merge(totals.packets.map { ("packets_" + $0, $1) }) { first, _ in first }
            for lane in lanes {
                $0.counters.merge(lane.report.counters.drops.map { ("dropped_" + $0, $1) }, uniquingKeysWith: &+)
            }
        }
    }

    /// The time that a pipeline's partials wait for lookahead, in ms, by the sensor's rate, or by the speed of its pens
    /// so far.
    private static func lookahead(of pipeline: Pipeline, _ model: Model, _ lanes: [LaneThread]) -> UInt32 {
        var pace = FramePace()
        for lane in lanes { lane.report.counters.pace[pipeline.name].map { pace.add($0) } }
        let millisecondsPerFrame = model.input.frameSeconds.map { 1000 * $0 } ?? pace.millisecondsPerFrame
        return UInt32(min(1e9, (Double(pipeline.window.lookahead) * millisecondsPerFrame).rounded()))
    }
}

/// A lane as the watchdog sees it.
private struct LanePulse: Pulse {
    let lane: LaneThread
    var name: String { "lane-\(lane.number)" }
    var beats: UInt64 { lane.beat }
    func nudge() { lane.perform { _ in } }
}

/// A thread of the sockets as the watchdog sees it.
private struct SocketsPulse: Pulse {
    let sockets: ZeroMQTransport
    let name: String
    let turns: @Sendable (ZeroMQTransport) -> UInt64
    var beats: UInt64 { turns(sockets) }
    func nudge() { sockets.nudge() }
}
