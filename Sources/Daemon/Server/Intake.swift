import DuctusFoundations
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// The way from the transports to the lanes: reads topics and packets, finds each stream's pipeline and lane. Runs on the transports' threads;
/// what it cannot use is dropped and counted by reason.
final class Intake: Sendable {
    /// Why a message was not taken.
    enum Drop: String, CaseIterable {
        case malformed, wrongTopic = "wrong_topic", noPipeline = "no_pipeline", laneFull = "lane_full", closing
        /// A packet of a slot that another daemon of the cell reads, or has read.
        case notOwner = "not_owner"
        /// A packet that the access control refused; it counts by its own reasons.
        case turnedAway = "turned_away"
    }

    private let pipelines: PipelineSet
    private let lanes: [LaneThread]
    private let clock: any Clock
    private let isOpen = Atomic<Bool>(true)
    private let counts = Mutex(Counts())

    struct Counts {
        /// Packets that were taken, by kind of input.
        var packets: [Pipeline.Input: UInt64] = [:]
        var drops: [Drop: UInt64] = [:]
        /// The time from the arrival of a batch to the handing of its last packet to a lane, µs.
        var latency = LatencyHistogram()
    }

    private let access: AccessControl?
    private let faults: FaultLog?
    private let roster: SlotRoster?

    /// - Parameter roster: the slots that are read, where the daemon belongs to a cell.
    init(
        pipelines: PipelineSet, lanes: [LaneThread], clock: any Clock, access: AccessControl? = nil,
        faults: FaultLog? = nil, roster: SlotRoster? = nil
    ) {
        self.roster = roster
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

    /// Drops all input from now on, because the daemon stops.
    func close() { isOpen.store(false, ordering: .releasing) }

    /// The lane of a stream, the same for as long as there are as many lanes.
    func lane(of stream: StreamName) -> LaneThread { lanes[Int(stream.stableHash % UInt64(lanes.count))] }

    /// Whether a packet of so many bytes would be within its client's quota now; if not, it counts as turned away.
    func hasRoom(for bytes: Int, of topic: [UInt8], from peer: PeerIdentity) -> Bool {
        guard let access else { return true }
        let stream = (try? Topic(wire: Topic.split(topic).topic)).flatMap { InputCodec.of($0)?.stream }
        return access.hasRoom(for: bytes, of: stream, from: peer)
    }

    func receive(_ batch: MessageBatch) {
        let (arrived, began) = (clock.unixMicroseconds - Int64(batch.held), clock.monotonic)
        var packets: [Pipeline.Input: UInt64] = [:]
        var drops: [Drop: UInt64] = [:]
        for message in 0..<batch.count {
            do throws(Refused) {
                packets[try take(batch, message, arrived: arrived, &drops), default: 0] += 1
            } catch {
                drops[error.drop, default: 0] += 1
            }
            if message % Self.together == Self.together - 1 { wakeLanes() }
        }
        wakeLanes()
        let elapsed = (clock.monotonic - began) / 1000
        self.counts.withLock { total in
            total.packets.merge(packets, uniquingKeysWith: +)
            total.drops.merge(drops, uniquingKeysWith: +)
            total.latency.add(elapsed)
        }
    }

    /// Packets after which lanes begin to read while the rest of a batch is still taken apart.
    private static let together = 32

    private func wakeLanes() { for lane in lanes { lane.wakeUp() } }

    private struct Refused: Error {
        var drop: Drop
    }

    /// - Parameter drops: gets what lost its place in an inbox to this message.
    private func take(
        _ batch: MessageBatch, _ message: Int, arrived: Int64, _ drops: inout [Drop: UInt64]
    ) throws(Refused) -> Pipeline.Input {
        guard isOpen.load(ordering: .acquiring) else { throw Refused(drop: .closing) }
        guard batch.frameCount(message) == 2 else {
            throw drop(.malformed, "a message has \(batch.frameCount(message)) frames instead of topic and packet")
        }
        let (slot, wire) = Topic.split(batch.frame(message, 0))
        let topic: Topic
        do { topic = try Topic(wire: wire) } catch { throw drop(.wrongTopic, "\(error)") }
        guard let (codec, stream) = InputCodec.of(topic) else {
            throw drop(.wrongTopic, "\(topic) is not for clients to publish")
        }
        if let slot {
            guard let roster else { throw drop(.wrongTopic, "this daemon belongs to no cell", stream) }
            // On its way when the slot went to another daemon.
            guard roster.serves(slot) else { throw Refused(drop: .notOwner) }
        }
        guard let pipeline = pipelines.pipeline(for: stream, input: codec.input) else {
            throw drop(.noPipeline, "no pipeline reads \(codec.input.rawValue) of this stream", stream)
        }
        let payload = batch.frame(message, 1)
        let peer = batch.peer(message)
        var packet: any StreamPacket
        do {
            packet = try read(payload, codec, of: stream, from: peer)
        } catch let refused as Refused { throw refused } catch {
            access?.noteUnreadable(stream, from: peer)
            throw drop(.malformed, "\(error)", stream)
        }
        if let slot, let roster {
            var isHello = false
            if case .hello = packet.role { isHello = true }
            guard roster.note(stream, in: slot, isHello: isHello) else { throw Refused(drop: .notOwner) }
        }
        if case .hello(var hello) = packet.role, let writer = hello.writer,
            access?.admit(writer: writer, of: stream, from: peer) != nil
        {
            // The rest of the packet is valid.
            hello.writer = nil
            packet = packet.greeting(with: hello)
        }
        let client = ClientIdentifier(peer.description)
        let arrival = Arrival(stream: stream, packet: packet, from: client, pipeline: pipeline, arrived: arrived)
        let outcome = lane(of: stream).offer(arrival, wakes: false)
        for displaced in outcome.displaced {
            let fault = drop(.laneFull, Self.tooMuch(of: displaced.client), displaced.stream)
            drops[fault.drop, default: 0] += UInt64(displaced.packets)
        }
        switch outcome.refusal {
        case nil: return codec.input
        case .lane: throw drop(.laneFull, "its lane has too much to do: see 'More cores' in the manual", stream)
        case .stream: throw drop(.laneFull, "its stream sends more than its lane can read", stream)
        case .client: throw drop(.laneFull, Self.tooMuch(of: client), stream)
        }
    }

    private static func tooMuch(of client: ClientIdentifier) -> String {
        "client \(client) sends more than one may keep waiting for a lane"
    }

    /// Reads a packet that the access control admits.
    /// - Throws: `Refused` if it does not; else why the packet is none.
    private func read(
        _ payload: [UInt8], _ codec: InputCodec, of stream: StreamName, from peer: PeerIdentity
    ) throws -> any StreamPacket {
        var packet: (any StreamPacket)?
        // Tells of it itself.
        let refusal = access?.admit(payload.count, of: stream, from: peer) {
            packet = try? codec.decode(payload)
            return packet != nil
        }
        guard refusal == nil else { throw Refused(drop: .turnedAway) }
        return try packet ?? codec.decode(payload)
    }

    private func drop(_ drop: Drop, _ reason: @autoclosure () -> String, _ stream: StreamName? = nil) -> Refused {
        faults?.report(
            drop.rawValue, "a packet was dropped: \(reason())", metadata: stream.map { ["stream": "\($0)"] } ?? [:])
        return Refused(drop: drop)
    }
}
