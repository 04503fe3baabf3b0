import DuctusFoundations
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// The way from the sockets to the lanes: reads topics and packets, finds each stream's pipeline and lane. Runs on the reactor's thread;
/// what it cannot use is dropped and counted by reason.
final class Intake: Sendable {
    /// Why a message was not taken.
    enum Drop: String, CaseIterable {
        case malformed, wrongTopic = "wrong_topic", noPipeline = "no_pipeline", laneFull = "lane_full", closing
        /// By the access control, which counts by its own reasons.
        case turnedAway = "turned_away"
    }

    private let pipelines: PipelineSet
    private let lanes: [LaneThread]
    private let clock: any Clock
    private let isOpen = Atomic<Bool>(true)
    private let counts = Mutex(Counts())

    struct Counts {
        var ink: UInt64 = 0
        var features: UInt64 = 0
        var drops: [Drop: UInt64] = [:]
        /// From taking a batch from the socket to handing its last packet to a lane, µs.
        var latency = LatencyHistogram()
    }

    private let access: AccessControl?
    private let faults: FaultLog?

    init(
        pipelines: PipelineSet, lanes: [LaneThread], clock: any Clock, access: AccessControl? = nil,
        faults: FaultLog? = nil
    ) {
        self.pipelines = pipelines
        self.lanes = lanes
        self.clock = clock
        self.access = access
        self.faults = faults
    }

    var totals: Counts { counts.withLock { $0 } }

    /// Every drop there can be, by reason.
    var drops: [String: UInt64] {
        let taken = totals.drops
        var drops = Dictionary(uniqueKeysWithValues: Drop.allCases.map { ($0.rawValue, taken[$0] ?? 0) })
        drops[Drop.turnedAway.rawValue] = nil
        let refused = access?.refused ?? [:]
        for refusal in AccessControl.Refusal.allCases { drops[refusal.rawValue] = refused[refusal] ?? 0 }
        return drops
    }

    /// From now on everything is dropped: the daemon stops.
    func close() { isOpen.store(false, ordering: .releasing) }

    /// The lane of a stream, the same for as long as there are as many lanes.
    func lane(of stream: StreamName) -> LaneThread { lanes[Int(stream.stableHash % UInt64(lanes.count))] }

    func take(_ batch: MessageBatch, input: Pipeline.Input) {
        let (arrived, began) = (clock.unixMicroseconds - Int64(batch.held), clock.monotonic)
        var counts = Counts()
        for message in 0..<batch.count {
            if let drop = take(batch, message, input: input, arrived: arrived) {
                counts.drops[drop, default: 0] += 1
            } else if input == .ink {
                counts.ink += 1
            } else {
                counts.features += 1
            }
        }
        let elapsed = (clock.monotonic - began) / 1000
        self.counts.withLock { total in
            total.ink += counts.ink
            total.features += counts.features
            total.drops.merge(counts.drops, uniquingKeysWith: +)
            total.latency.add(elapsed)
        }
    }

    private func take(_ batch: MessageBatch, _ message: Int, input: Pipeline.Input, arrived: Int64) -> Drop? {
        guard isOpen.load(ordering: .acquiring) else { return .closing }
        guard batch.frameCount(message) == 2 else {
            return drop(.malformed, "a message has \(batch.frameCount(message)) frames instead of topic and packet")
        }
        let topic: Topic
        do { topic = try Topic(wire: batch.frame(message, 0)) } catch { return drop(.wrongTopic, "\(error)") }
        guard let codec = InputCodec.of(input), let stream = codec.stream(of: topic) else {
            return drop(.wrongTopic, "\(topic) does not belong to this socket")
        }
        guard let pipeline = pipelines.pipeline(for: stream, input: input) else {
            return drop(.noPipeline, "no pipeline reads \(input.rawValue) of this stream", stream)
        }
        let payload = batch.frame(message, 1)
        // Tells of it itself.
        if let access, access.admit(payload.count, of: stream, from: batch.peer(message)) != nil { return .turnedAway }
        let packet: any StreamPacket
        do { packet = try codec.decode(payload) } catch { return drop(.malformed, "\(error)", stream) }
        let client = ClientIdentifier(batch.peer(message).description)
        let arrival = Arrival(stream: stream, packet: packet, from: client, pipeline: pipeline, arrived: arrived)
        switch lane(of: stream).offer(arrival) {
        case nil: return nil
        case .lane: return drop(.laneFull, "its lane has too much to do: see 'More cores' in the manual", stream)
        case .stream: return drop(.laneFull, "its stream sends more than its lane can read", stream)
        case .client: return drop(.laneFull, "client \(client) sends more than one may keep waiting for a lane", stream)
        }
    }

    private func drop(_ drop: Drop, _ reason: @autoclosure () -> String, _ stream: StreamName? = nil) -> Drop {
        faults?.report(
            drop.rawValue, "a packet was dropped: \(reason())", metadata: stream.map { ["stream": "\($0)"] } ?? [:])
        return drop
    }
}
