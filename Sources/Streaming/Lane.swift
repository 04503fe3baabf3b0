import DuctusFoundations
import DuctusNetwork

/// Streams that one thread reads, sharing nothing with other lanes: it owns their sessions, the scratch memory and the batch.
///
/// A lane is driven from outside: packets are given to `receive`, then `turn` reads what is due. It has no thread and no clock but
/// the one it is given, so tests drive it by hand; `LaneThread` drives it in the daemon.
///
/// Order: a stream's events come out in order, its finals after its partials. Between streams, finals go first, one per stream in
/// turn, then partials in the order in which they became due, `LaneLimits.batch` windows in one call.
public final class Lane {
    public let limits: LaneLimits
    public private(set) var counters = LaneCounters()

    private let clock: any Clock
    private let sink: any LabelSink
    private var sessions: [StreamName: any Session] = [:]
    /// Sessions whose partial is due, in the order in which it became so; each stands here once.
    private var duePartials: [any Session] = []
    private var isQueued: Set<ObjectIdentifier> = []
    private var dueFinals: [any Session] = []
    private let windows = WindowGroups()
    private let workspace = Workspace()
    private let readers = Readers()
    private var nextSweep: Int64 = .min
    private var nextEviction: Int64 = .min
    private var skippedBefore: UInt64 = 0

    /// How often the wall clock's rules are looked at.
    public static let sweep: Int64 = 20_000_000

    public init(limits: LaneLimits = LaneLimits(), clock: any Clock, sink: any LabelSink) {
        self.limits = limits
        self.clock = clock
        self.sink = sink
    }

    // MARK: In

    /// Takes a packet of `stream`, which arrived at `arrived` (unix µs).
    public func receive(_ packet: Packet, of stream: StreamName, pipeline: Pipeline, arrived: Int64) {
        let now = Moment(clock)
        counters.packets &+= 1
        isQuiet = false
        guard let session = session(for: stream, pipeline: pipeline, now: now) else {
            return refuse(stream, because: .streams)
        }
        // What ends a segment is always taken: it is how memory becomes free.
        if packet.isInput, session.byteCount >= limits.streamBytes { return refuse(stream, because: .memory) }
        let taken: Bool
        switch (packet, session) {
        case (.ink(let packet), let session as InkSession):
            taken = session.receive(packet, arrived: arrived, now: now)
        case (.features(let packet), let session as VectorSession):
            taken = session.receive(packet, arrived: arrived, now: now)
            if taken, case .hello = packet.content, case let missing = session.missingChannels, !missing.isEmpty {
                sink.missing(missing, in: stream)
            }
        default:
            return refuse(stream, because: .kind)
        }
        if !taken { counters.repeatedPackets &+= 1 }
        enqueue(session)
    }

    private func refuse(_ stream: StreamName, because reason: PacketRefusal) {
        if reason == .memory { counters.overfullPackets &+= 1 } else { counters.refusedPackets &+= 1 }
        sink.refused(stream, because: reason)
    }

    private func session(for stream: StreamName, pipeline: Pipeline, now: Moment) -> (any Session)? {
        if let session = sessions[stream] { return session }
        if sessions.count >= limits.streams, !evictLongestIdle(now) { return nil }
        let session: any Session =
            switch pipeline.input {
            case .ink: InkSession(stream: stream, pipeline: pipeline, now: now)
            case .features: VectorSession(stream: stream, pipeline: pipeline, now: now)
            }
        sessions[stream] = session
        return session
    }

    private func enqueue(_ session: any Session) {
        if session.waitingFinals > 0, isQueued.insert(ObjectIdentifier(session)).inserted {
            dueFinals.append(session)
        } else if session.partialIsDue, isQueued.insert(ObjectIdentifier(session)).inserted {
            duePartials.append(session)
        }
    }

    // MARK: Reading

    /// Looks at the clock, reads a final, if one is due, and one batch of partials.
    ///
    /// - Returns: whether more is due, so that the next turn should follow at once.
    @discardableResult
    public func turn() -> Bool {
        let now = Moment(clock)
        if now.monotonic >= nextSweep { sweep(now) }
        readFinals()
        readPartials()
        return !duePartials.isEmpty || !dueFinals.isEmpty
    }

    private func readPartials() {
        guard !duePartials.isEmpty else { return }
        let batch = duePartials.prefix(limits.batch)
        duePartials.removeFirst(batch.count)
        for session in batch {
            isQueued.remove(ObjectIdentifier(session))
            // Its segment may have ended since: then only the final counts.
            guard session.partialIsDue else {
                enqueue(session)
                continue
            }
            switch session.addWindow(to: windows) {
            case .window: break
            case .event(let event): publish(event)
            case .nothing: enqueue(session)
            }
        }
        for group in windows.groups where !group.windows.isEmpty { read(group) }
        windows.removeAll()
    }

    private func read(_ group: WindowGroups.Group) {
        do {
            let output = try group.network.advance(group.windows, frames: group.frames, workspace: workspace)
            counters.batches &+= 1
            counters.windows &+= UInt64(group.windows.count)
            for (index, session) in group.members.enumerated() {
                if let event = session.takeWindow(output[index]) { publish(event) }
            }
        } catch {
            counters.failures &+= UInt64(group.members.count)
            for session in group.members { session.dropWindow() }
        }
        for session in group.members { enqueue(session) }
    }

    private func readFinals() {
        for _ in 0..<min(limits.finalsPerTurn, dueFinals.count) {
            let session = dueFinals.removeFirst()
            isQueued.remove(ObjectIdentifier(session))
            if let finished = session.finishNext(with: readers) {
                if finished.failed { counters.failures &+= 1 }
                counters.pace[session.pipeline.name, default: FramePace()].add(
                    frames: finished.frames, duration: finished.duration)
                // Whoever sees the final may correct it at once: the segment must be known by then.
                sink.finished(finished)
                publish(finished.event)
            }
            // It may be idle now, and go for a new stream.
            nextEviction = .min
            enqueue(session)
        }
    }

    private func publish(_ event: LabelEvent) {
        var event = event
        event.stamps.published = clock.unixMicroseconds
        switch event.state {
        case .partial:
            counters.partials &+= 1
            counters.partialLatency.add(event.stamps.published &- event.stamps.arrived)
        case .final:
            counters.finals &+= 1
            counters.finalLatency.add(event.stamps.published &- event.stamps.decided)
        }
        sink.publish(event)
    }

    // MARK: Time passes

    private func sweep(_ now: Moment) {
        nextSweep = now.monotonic + Self.sweep
        isQuiet = true
        let longest = Int64(limits.eviction * 1e9)
        for (stream, session) in sessions {
            session.tick(now)
            enqueue(session)
            if !session.isIdle { isQuiet = false }
            if session.isIdle, now.monotonic - session.lastArrival > longest { evict(stream) }
        }
    }

    /// Makes room for a new stream. An eighth of the idle ones goes at once, and if none is idle nobody looks again for a while: a
    /// flood of new names must not cost a search each.
    private func evictLongestIdle(_ now: Moment) -> Bool {
        guard now.monotonic >= nextEviction else { return false }
        let idle = sessions.values.filter { $0.isIdle && !isQueued.contains(ObjectIdentifier($0)) }
            .sorted { $0.lastArrival < $1.lastArrival }
        guard !idle.isEmpty else {
            nextEviction = now.monotonic + Self.sweep
            return false
        }
        for session in idle.prefix(max(1, idle.count / 8)) { evict(session.stream) }
        return true
    }

    private func evict(_ stream: StreamName) {
        guard let session = sessions.removeValue(forKey: stream) else { return }
        skippedBefore &+= session.skippedPartials
        counters.evictedStreams &+= 1
    }

    /// Ends every open segment and reads all finals: nothing that was taken in is lost.
    public func finish() {
        let now = Moment(clock)
        for session in sessions.values {
            session.end(.shutdown, now: now)
            enqueue(session)
        }
        while turn() {}
    }

    // MARK: What others ask

    public var now: Moment { Moment(clock) }
    /// Bytes that the streams keep.
    public var byteCount: Int { sessions.values.reduce(0) { $0 + $1.byteCount } }
    public var streamCount: Int { sessions.count }
    public var waitingFinals: Int { dueFinals.reduce(0) { $0 + $1.waitingFinals } }
    public var duePartialCount: Int { duePartials.count }
    /// Nothing is open: the clock's rules need not be looked at soon.
    public private(set) var isQuiet = true
    public var summaries: [SessionSummary] { sessions.values.map(\.summary).sorted { $0.stream < $1.stream } }

    /// Counters with what the sessions count themselves.
    public var report: LaneCounters {
        var report = counters
        report.skippedPartials = sessions.values.reduce(skippedBefore) { $0 &+ $1.skippedPartials }
        return report
    }
}

/// What a lane takes in.
public enum Packet: Equatable, Sendable {
    case ink(InkPacket)
    case features(FeaturePacket)

    /// Whether it brings something to be kept.
    var isInput: Bool {
        switch self {
        case .ink(let packet): if case .samples = packet.content { true } else { false }
        case .features(let packet): if case .frames = packet.content { true } else { false }
        }
    }

    /// Bytes that it occupies while it waits, about.
    var byteCount: Int {
        switch self {
        case .ink(let packet):
            switch packet.content {
            case .samples(let samples, _): 256 + samples.count * MemoryLayout<PenSample>.stride
            case .retraction(let strokes): 256 + strokes.count * MemoryLayout<UInt32>.stride
            case .hello(let hello): 512 + (hello.precedingText?.utf8.count ?? 0)
            case .endOfSegment, .proximityOut: 256
            }
        case .features(let packet):
            switch packet.content {
            case .frames(let frames): 256 + frames.values.count * MemoryLayout<Float>.stride
            case .hello(let hello): 512 + hello.channels.reduce(0) { $0 + MemoryLayout<String>.stride + $1.utf8.count }
            case .endOfSegment: 256
            }
        }
    }
}
