import Dispatch
import DuctusFoundations
import Foundation
import Synchronization

/// A lane with a thread of its own and a bounded inbox that any thread may post to.
///
/// Guarantees
/// - Packets of one sender that are posted by one thread are read in their order; what does not fit is refused and counted, never waited for.
/// - After `stop` returns, every packet that was accepted has been read, every final published, and the thread is gone.
public final class LaneThread: Sendable {
    /// The lane's number, from 0.
    public let number: Int
    private let inbox: Mutex<Inbox>
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let latest = Mutex(LaneReport())
    private let beats = Atomic<UInt64>(0)
    private let makeLane: @Sendable () -> Lane

    private struct Inbox {
        var packets: LaneInbox
        var tasks: [Task] = []
        var isStopping = false
        /// The thread sleeps, or is about to: whoever sets it to false signals.
        var isAsleep = false

        /// Whether the caller must signal.
        mutating func wakes() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private struct Task {
        /// It waits until no packet of these is unread.
        var streams: Set<StreamName>
        var run: @Sendable (Lane) -> Void
    }

    /// A lane that has no thread yet.
    ///
    /// - Parameters:
    ///   - number: names the thread, from 0.
    ///   - sink: takes the events, on the lane's thread.
    public init(number: Int, limits: LaneLimits, clock: any Clock, sink: any LabelSink) {
        self.number = number
        inbox = Mutex(Inbox(packets: LaneInbox(limits)))
        makeLane = { Lane(limits: limits, clock: clock, sink: sink) }
    }

    /// Starts the thread. Call it once.
    public func run() {
        let thread = Thread { self.loop() }
        thread.name = "lane-\(number)"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Gives a packet to the lane. False if its inbox is full, or full of this stream or this client. What was accepted before stays.
    @discardableResult
    public func post(_ arrival: Arrival) -> Bool { offer(arrival, displaces: false).refusal == nil }

    /// Gives a packet to the lane.
    ///
    /// - Parameters:
    ///   - displaces: whether it may take the place of packets of whoever has most in the inbox, if its own sender has little there.
    ///   - wakes: whether the lane shall see it now. If not, `wakeUp` must follow: packets that came together are then read together.
    /// - Returns: why it found no room, or which others lost theirs.
    public func offer(_ arrival: Arrival, displaces: Bool = true, wakes: Bool = true) -> InboxOutcome {
        let (outcome, sleeps) = inbox.withLock { inbox in
            (inbox.packets.offer(arrival, displaces: displaces), wakes && inbox.wakes())
        }
        if sleeps { wake.signal() }
        return outcome
    }

    /// Lets the lane read what it was offered.
    public func wakeUp() {
        if inbox.withLock({ !$0.packets.isEmpty && $0.wakes() }) { wake.signal() }
    }

    /// Runs `task` on the lane's thread, between two turns.
    ///
    /// - Parameter streams: packets of these that were posted before are read before.
    public func perform(after streams: Set<StreamName> = [], _ task: @escaping @Sendable (Lane) -> Void) {
        let sleeps = inbox.withLock { inbox in
            inbox.tasks.append(Task(streams: streams, run: task))
            return inbox.wakes()
        }
        if sleeps { wake.signal() }
    }

    /// Ends open segments, publishes their finals, and waits for the thread.
    ///
    /// - Returns: false if it did not end within `seconds`.
    @discardableResult
    public func stop(within seconds: Double) -> Bool {
        let sleeps = inbox.withLock { inbox in
            inbox.isStopping = true
            return inbox.wakes()
        }
        if sleeps { wake.signal() }
        return ended.wait(timeout: .now() + seconds) == .success
    }

    /// The report of the lane's work, as of its last turn.
    public var report: LaneReport { latest.withLock { $0 } }
    /// Counts turns: while it rises, the lane lives. It rises at least every `LaneThread.longestWait` seconds.
    public var beat: UInt64 { beats.load(ordering: .relaxed) }

    /// The longest sleep without a packet, in seconds: short beside the watchdog's patience, long for a battery.
    public static let longestWait = 1.0

    /// Seconds that a turn may last, or come late, and still count as time in which pens were listened to.
    private static let lateness = 0.25

    /// Nanoseconds between two reports of a busy lane: it asks all streams for their bytes.
    private static let reportInterval: Int64 = 250_000_000

    private func loop() {
        let lane = makeLane()
        var helping = Helping()
        var tasks: [Task] = []
        var nextReport = Int64.min
        while true {
            beats.add(1, ordering: .relaxed)
            let (isStopping, unread, refused) = inbox.withLock { inbox in
                inbox.isAsleep = false
                helping.exchange(with: &inbox.packets)
                tasks += inbox.tasks
                inbox.tasks.removeAll()
                let unread = inbox.packets.streams
                return (inbox.isStopping && unread.isEmpty, unread, inbox.packets.refused)
            }
            let hadArrivals = !helping.isEmpty
            helping.read(on: lane, othersWait: !unread.isEmpty)
            lane.unread = helping.rest.isEmpty ? unread : unread.union(helping.rest.map(\.stream))
            if !tasks.isEmpty {
                for task in tasks where task.streams.isDisjoint(with: lane.unread) { task.run(lane) }
                tasks.removeAll { $0.streams.isDisjoint(with: lane.unread) }
            }
            let isBusy = lane.turn()
            let now = lane.monotonic
            if now >= nextReport || isStopping {
                nextReport = now + Self.reportInterval
                report(lane, refused: refused)
            }
            if isStopping, !hadArrivals, !isBusy {
                lane.finish()
                report(lane, refused: refused)
                ended.signal()
                return
            }
            if !isBusy, !isStopping, lane.unread.isEmpty {
                // What others see must not be as old as a long sleep.
                if lane.isQuiet { report(lane, refused: refused) }
                let wait = lane.isQuiet ? Self.longestWait : Double(Lane.sweep) / 1e9
                lane.clock.longestGap = Int64((wait + Self.lateness) * 1e9)
                if fallsAsleep() { _ = wake.wait(timeout: .now() + wait) }
            } else {
                lane.clock.longestGap = Int64(Self.lateness * 1e9)
            }
        }
    }

    /// Whether nothing has come since the thread last looked, so that it may wait for a signal.
    private func fallsAsleep() -> Bool {
        inbox.withLock { inbox in
            inbox.isAsleep = inbox.packets.isEmpty && inbox.tasks.isEmpty && !inbox.isStopping
            return inbox.isAsleep
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

    /// The cost that its sender was charged for this turn, as a lane's inbox counts it.
    var paid = 0
    /// The cost of the piece of it that was read last; nil: nothing of it was read.
    var lastPiece: Int?
    var isBegun: Bool { lastPiece != nil }

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
