import Dispatch
import DuctusFoundations
import Foundation
import Synchronization

/// A lane with a thread of its own and a bounded inbox that any thread may post to.
///
/// Guarantees
/// - Packets posted by one thread are read in their order; what does not fit is refused and counted, never waited for.
/// - After `stop` returns, every packet that was accepted has been read, every final published, and the thread is gone.
public final class LaneThread: Sendable {
    /// The lane's number, from 0.
    public let number: Int
    private let limits: LaneLimits
    private let inbox = Mutex(Inbox())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let latest = Mutex(LaneReport())
    private let beats = Atomic<UInt64>(0)
    private let makeLane: @Sendable () -> Lane

    private struct Inbox {
        var arrivals: [Arrival] = []
        var perStream: [StreamName: Share] = [:]
        var perClient: [ClientIdentifier: Share] = [:]
        var bytes = 0
        var tasks: [@Sendable (Lane) -> Void] = []
        var refused: UInt64 = 0
        var isStopping = false
    }

    /// The packets of one stream or client in the inbox.
    private struct Share {
        var packets = 0
        var bytes = 0

        func adding(_ size: Int) -> Share { Share(packets: packets + 1, bytes: bytes + size) }
    }

    /// A lane that has no thread yet.
    ///
    /// - Parameters:
    ///   - number: names the thread, from 0.
    ///   - sink: takes the events, on the lane's thread.
    public init(number: Int, limits: LaneLimits, clock: any Clock, sink: any LabelSink) {
        self.number = number
        self.limits = limits
        makeLane = { Lane(limits: limits, clock: clock, sink: sink) }
    }

    /// Starts the thread. Call it once.
    public func run() {
        let thread = Thread { self.loop() }
        thread.name = "lane-\(number)"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Gives a packet to the lane. False if its inbox is full, or full of this stream or this client.
    @discardableResult
    public func post(_ arrival: Arrival) -> Bool { offer(arrival) == nil }

    /// Gives a packet to the lane.
    ///
    /// - Returns: why its inbox has no room for it; nil: it has.
    public func offer(_ arrival: Arrival) -> InboxRefusal? {
        let size = arrival.packet.byteCount
        let (refusal, wasEmpty) = inbox.withLock { inbox -> (InboxRefusal?, Bool) in
            let ofStream = inbox.perStream[arrival.stream, default: Share()]
            let ofClient = inbox.perClient[arrival.client, default: Share()]
            if let refusal = self.refusal(inbox, ofStream, ofClient) {
                inbox.refused += 1
                return (refusal, false)
            }
            let wasEmpty = inbox.arrivals.isEmpty
            inbox.perStream[arrival.stream] = ofStream.adding(size)
            inbox.perClient[arrival.client] = ofClient.adding(size)
            inbox.bytes += size
            inbox.arrivals.append(arrival)
            return (nil, wasEmpty)
        }
        if wasEmpty { wake.signal() }
        return refusal
    }

    private func refusal(_ inbox: Inbox, _ stream: Share, _ client: Share) -> InboxRefusal? {
        if inbox.arrivals.count >= limits.queuedPackets || inbox.bytes >= limits.queuedBytes { return .lane }
        if stream.packets >= limits.queuedPacketsPerStream || stream.bytes >= limits.streamBytes { return .stream }
        if client.packets >= limits.queuedPacketsPerClient || client.bytes >= limits.queuedBytesPerClient {
            return .client
        }
        return nil
    }

    /// Runs `task` on the lane's thread, between two turns.
    public func perform(_ task: @escaping @Sendable (Lane) -> Void) {
        inbox.withLock { $0.tasks.append(task) }
        wake.signal()
    }

    /// Ends open segments, publishes their finals, and waits for the thread.
    ///
    /// - Returns: false if it did not end within `seconds`.
    @discardableResult
    public func stop(within seconds: Double) -> Bool {
        inbox.withLock { $0.isStopping = true }
        wake.signal()
        return ended.wait(timeout: .now() + seconds) == .success
    }

    /// The report of the lane's work, as of its last turn.
    public var report: LaneReport { latest.withLock { $0 } }
    /// Counts turns: while it rises, the lane lives. It rises at least every `LaneThread.longestWait` seconds.
    public var beat: UInt64 { beats.load(ordering: .relaxed) }

    /// The longest sleep without a packet, in seconds.
    public static let longestWait = 0.25

    private func loop() {
        let lane = makeLane()
        var taken = Inbox()
        var nextReport = Int64.min
        while true {
            beats.add(1, ordering: .relaxed)
            let isStopping = inbox.withLock { inbox in
                swap(&taken.arrivals, &inbox.arrivals)
                inbox.perStream.removeAll(keepingCapacity: true)
                inbox.perClient.removeAll(keepingCapacity: true)
                inbox.bytes = 0
                swap(&taken.tasks, &inbox.tasks)
                taken.refused = inbox.refused
                return inbox.isStopping && inbox.arrivals.isEmpty
            }
            for arrival in taken.arrivals {
                lane.receive(
                    arrival.packet, of: arrival.stream, from: arrival.client, pipeline: arrival.pipeline,
                    arrived: arrival.arrived)
            }
            let hadArrivals = !taken.arrivals.isEmpty
            taken.arrivals.removeAll(keepingCapacity: true)
            for task in taken.tasks { task(lane) }
            taken.tasks.removeAll(keepingCapacity: true)
            let isBusy = lane.turn()
            let now = lane.now.monotonic
            if now >= nextReport || isStopping {
                nextReport = now + 100_000_000
                report(lane, refused: taken.refused)
            }
            if isStopping, !hadArrivals, !isBusy {
                lane.finish()
                report(lane, refused: taken.refused)
                ended.signal()
                return
            }
            if !isBusy, !isStopping {
                _ = wake.wait(timeout: .now() + (lane.isQuiet ? Self.longestWait : Double(Lane.sweep) / 1e9))
            }
        }
    }

    private func report(_ lane: Lane, refused: UInt64) {
        let report = LaneReport(
            counters: lane.report, streams: lane.streamCount, duePartials: lane.duePartialCount,
            waitingFinals: lane.waitingFinals, waitingFrames: lane.waitingFrames, refused: refused,
            byteCount: lane.byteCount)
        latest.withLock { $0 = report }
    }
}

/// The reasons for which a lane's inbox has no room for a packet.
public enum InboxRefusal: Sendable {
    /// It is full.
    case lane
    /// It is full of the packet's stream, or of its client's packets.
    case stream, client
}

/// A packet on its way to its lane.
public struct Arrival: Sendable {
    public var stream: StreamName
    /// The packet as it was decoded.
    public var packet: any StreamPacket
    /// The client that sent it.
    public var client: ClientIdentifier
    public var pipeline: Pipeline
    /// Unix µs.
    public var arrived: Int64

    /// A packet that arrived at `arrived`, unix µs.
    public init(
        stream: StreamName, packet: any StreamPacket, from client: ClientIdentifier = .unknown, pipeline: Pipeline,
        arrived: Int64
    ) {
        self.stream = stream
        self.packet = packet
        self.client = client
        self.pipeline = pipeline
        self.arrived = arrived
    }
}

/// A lane as others may see it.
public struct LaneReport: Sendable {
    /// Counts of the lane's work since the start.
    public var counters = LaneCounters()
    /// Streams that it keeps.
    public var streams = 0
    /// Partials that wait to be read.
    public var duePartials = 0
    public var waitingFinals = 0
    /// Frames of segments that wait for their final, about.
    public var waitingFrames = 0
    /// Packets that found the inbox full.
    public var refused: UInt64 = 0
    public var byteCount = 0

    /// The report of a lane that has done nothing.
    public init() {}

    init(
        counters: LaneCounters, streams: Int, duePartials: Int, waitingFinals: Int, waitingFrames: Int,
        refused: UInt64, byteCount: Int
    ) {
        self.counters = counters
        self.streams = streams
        self.duePartials = duePartials
        self.waitingFinals = waitingFinals
        self.waitingFrames = waitingFrames
        self.refused = refused
        self.byteCount = byteCount
    }
}
