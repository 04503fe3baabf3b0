import DuctusFoundations
import DuctusNetwork
import DuctusRecognition

/// The streams that one thread reads. A lane shares nothing with others: it owns the sessions, the scratch memory and the batch.
///
/// A lane is driven from outside: packets are given to `receive`, then `turn` reads what is due. `LaneThread` drives it in the daemon, tests
/// drive it by hand.
///
/// The events of a stream come out in order, its finals after its partials. Between streams, work is shared among clients and then among
/// each one's streams, measured in frames (`FairQueue`): a few finals in one call of the network, then `LaneLimits.batch` partials in one.
/// `LaneLimits.clientFrames` bounds the work that one client may have waiting.
public final class Lane {
    /// The bounds of its queues and batches.
    public let limits: LaneLimits
    /// Counts of the lane's work since the start.
    public private(set) var counters = LaneCounters()

    package var clock: ListeningClock
    private let sink: any LabelSink
    private var sessions = SessionTable()
    private var duePartials = FairQueue<any Session>()
    private var dueFinals = FairQueue<any Session>()
    /// The sessions in each of the two queues. A session in both has ended its segment since its partial became due.
    private var withPartials: Set<ObjectIdentifier> = []
    private var withFinals: Set<ObjectIdentifier> = []
    private var backlog = Backlog()
    private let windows = WindowGroups()
    private let finalWindows = WindowGroups()
    private let workspace = Workspace()
    private let readers = Readers()
    private var nextSweep = Int64.min, nextEviction = Int64.min
    private var skippedBefore: UInt64 = 0

    /// Streams with packets in the inbox, which the lane was not given yet.
    package var unread: Set<StreamName> = []

    /// The interval at which the wall clock's rules are checked, in ns.
    public static let sweep: Int64 = 20_000_000
    /// The most finals looked at in one turn, including those that need no computing.
    private static let offersPerTurn = 256
    /// The cost of a final besides its frames, in frames.
    private static let finalCost = 48

    /// A lane without streams. It has no thread: `LaneThread` or a test drives it.
    ///
    /// - Parameter sink: takes the events, on the thread that drives the lane.
    public init(limits: LaneLimits = LaneLimits(), clock: any Clock, sink: any LabelSink) {
        self.limits = limits
        self.clock = ListeningClock(clock)
        self.sink = sink
    }

    // MARK: In

    /// Takes a packet of `stream`, which `client` sent and which arrived at `arrived` (unix µs).
    public func receive(
        _ packet: any StreamPacket, of stream: StreamName, from client: ClientIdentifier = .unknown,
        pipeline: Pipeline, arrived: Int64
    ) {
        let arrival = Arrival(stream: stream, packet: packet, from: client, pipeline: pipeline, arrived: arrived)
        var isBegun = false
        while !receivePiece(of: arrival, isBegun: isBegun) { isBegun = true }
    }

    /// Takes a packet, or the next piece of a long one. The stream's next packet comes after the last piece.
    ///
    /// - Parameter isBegun: a piece of it was taken before.
    /// - Returns: whether that was all of it.
    package func receivePiece(of arrival: Arrival, isBegun: Bool = false) -> Bool {
        let now = clock.look(), stream = arrival.stream
        isQuiet = false
        counters.pieces &+= 1
        counters.packets &+= isBegun ? 0 : 1
        guard let session = session(for: arrival, isBegun: isBegun, now: now) else {
            if !isBegun { refuse(stream, because: .streams) }
            return true
        }
        // Packets that end a segment are always taken, because they free memory.
        if case .input = arrival.packet.role, !isBegun,
            session.keeps(atLeast: limits.streamBytes) || backlog.isBeyond(session, limits)
        {
            refuse(stream, because: .memory)
            return true
        }
        var receipt = PacketReceipt()
        do {
            receipt = try session.receive(
                arrival.packet, from: arrival.client, arrived: arrival.arrived, now: now, isBegun: isBegun)
            if receipt.isRepeated { counters.repeatedPackets &+= 1 }
            if !receipt.missing.isEmpty { sink.missing(receipt.missing, in: stream) }
        } catch {
            refuse(stream, because: error)
        }
        note(session)
        enqueue(session)
        return receipt.isWhole
    }

    private func refuse(_ stream: StreamName, because reason: PacketRefusal) {
        counters.refusals[reason, default: 0] &+= 1
        sink.refused(stream, because: reason)
    }

    /// The session of a packet's stream; nil where no room is left, or it was given up while the packet was being read.
    private func session(for arrival: Arrival, isBegun: Bool, now: Moment) -> (any Session)? {
        let (stream, client) = (arrival.stream, arrival.client)
        if let session = sessions[stream] { return session }
        if isBegun { return nil }
        if sessions.count(of: client) >= limits.streamsPerClient { evictLongestIdle(of: client, now) }
        if sessions.count >= limits.streams, !evictLongestIdle(of: nil, now) { return nil }
        let session = arrival.pipeline.input.makeSession(stream, arrival.pipeline, client, now)
        sessions.add(session, begunBy: client)
        return session
    }

    private func enqueue(_ session: any Session) {
        if session.waitingFinals > 0 {
            guard withFinals.insert(ObjectIdentifier(session)).inserted else { return }
            let frames = session.nextFinalFrames
            dueFinals.add(
                session, of: session.stream, from: session.client, cost: frames > 0 ? frames + Self.finalCost : 1,
                waiting: session.waitingWork.frames + session.waitingFinals * Self.finalCost)
        } else if session.partialIsDue, withPartials.insert(ObjectIdentifier(session)).inserted {
            duePartials.add(
                session, of: session.stream, from: session.client, cost: Self.partialCost(session.pipeline))
        }
    }

    /// The usual number of frames in a window.
    private static func partialCost(_ pipeline: Pipeline) -> Int { pipeline.window.chunk + pipeline.window.lookahead }

    /// Keeps a session's client within its bound, after its waiting work may have changed.
    private func note(_ session: any Session) {
        backlog.note(session)
        while let excess = backlog.excess(over: limits) {
            let sessions = backlog.sessions(of: excess.client)
            let share = excess.allowed / Double(max(1, sessions.count))
            var isDone = true
            for session in sessions.sorted(by: { backlog.load($0, limits) > backlog.load($1, limits) }) {
                while backlog.load(of: excess.client, limits) > excess.allowed, backlog.load(session, limits) > share,
                    session.giveUpNewestFinal(because: excess.reason)
                {
                    isDone = false
                    backlog.note(session)
                    counters.givenUpFinals &+= 1
                    sink.gaveUp(excess.client, session.stream, because: excess.reason)
                }
            }
            // The finals that are left wait to tell why they are empty.
            if isDone { return }
        }
    }

    // MARK: Reading

    /// Looks at the clock, reads a few finals, if some are due, and one batch of partials.
    ///
    /// - Returns: whether more is due, so that the next turn should follow at once.
    @discardableResult
    public func turn() -> Bool {
        let now = clock.look()
        if now.monotonic >= nextSweep { sweep(now) }
        readFinals()
        sink.flush()
        readPartials()
        sink.flush()
        return !duePartials.isEmpty || !dueFinals.isEmpty
    }

    private func readPartials() {
        var (offered, frames) = (0, 0)
        while offered < limits.batch, frames < limits.framesPerTurn, let session = duePartials.next() {
            offered += 1
            withPartials.remove(ObjectIdentifier(session))
            // If its segment has ended since, only the final counts.
            guard isServed(session) else { continue }
            guard session.partialIsDue else {
                enqueue(session)
                continue
            }
            switch session.nextWindow() {
            case .window(let request):
                duePartials.charge(
                    session.stream, of: session.client, cost: request.frames - Self.partialCost(session.pipeline))
                windows.add(request, for: session)
                frames += request.frames
            case .event(let event): publish(event)
            case .nothing: enqueue(session)
            }
        }
        read(windows) { session, output in
            if let event = session.receiveWindow(output) { publish(event) }
        } giveUp: { session, error in
            session.giveUpWindow()
            sink.failed(session.stream, because: "\(error)")
        }
    }

    /// Computes the windows, gives each session its own, and looks at what it wants next.
    private func read(
        _ windows: WindowGroups, receive: (any Session, OutputSequence) -> Void,
        giveUp: (any Session, any Error) -> Void
    ) {
        for group in windows.groups where !group.windows.isEmpty {
            do {
                let output = try group.network.advance(group.windows, frames: group.frames, workspace: workspace)
                counters.batches &+= 1
                counters.windows &+= UInt64(group.windows.count)
                for (index, session) in group.members.enumerated() { receive(session, output[index]) }
            } catch {
                counters.failures &+= UInt64(group.members.count)
                for session in group.members { giveUp(session, error) }
            }
            for session in group.members { enqueue(session) }
        }
        windows.removeAll()
    }

    private func readFinals() {
        var wholes: [(session: any Session, request: FinalRequest)] = []
        var (offered, taken, frames) = (0, 0, 0)
        // A long one does not keep short ones waiting that are read in the same call.
        while offered < Self.offersPerTurn, taken < limits.finalsPerTurn, frames < limits.framesPerTurn,
            let session = dueFinals.next(upTo: taken == 0 ? .max : limits.framesPerTurn - frames)
        {
            offered += 1
            let cost = session.nextFinalFrames
            withFinals.remove(ObjectIdentifier(session))
            guard isServed(session) else { continue }
            switch session.nextFinal() {
            case .whole(let request): wholes.append((session, request))
            case .window(let request): finalWindows.add(request, for: session)
            // It needs no computing.
            case .finished(let finished):
                publish(finished, of: session)
                continue
            case .nothing:
                enqueue(session)
                continue
            }
            taken += 1
            frames += cost
        }
        // Finals of one generation are read in one call.
        while let model = wholes.first?.request.model {
            readWhole(wholes.filter { $0.request.model === model })
            wholes.removeAll { $0.request.model === model }
        }
        read(finalWindows) { session, output in
            session.receiveFinalWindow(output)
        } giveUp: { session, error in
            if let finished = session.finish(.failure(error)) {
                publish(finished, of: session)
            } else {
                sink.failed(session.stream, because: "\(error)")
            }
        }
    }

    private func readWhole(_ finals: [(session: any Session, request: FinalRequest)]) {
        for decoding in Recognizer.Decoding.allCases {
            let finals = finals.filter { $0.request.decoding == decoding }
            guard let first = finals.first else { continue }
            do {
                let readings = try readers.recognizer(for: first.request.model, decoding: decoding)
                    .recognize(
                        finals.map(\.request.evidence), precedingTexts: finals.map(\.request.precedingText))
                for (final, reading) in zip(finals, readings) { finish(final.session, .success(reading)) }
            } catch {
                // One that cannot be read must not take others with it.
                guard finals.count > 1 else {
                    finish(first.session, .failure(error))
                    continue
                }
                for final in finals { readWhole([final]) }
            }
        }
    }

    private func finish(_ session: any Session, _ recognition: Result<Recognition, any Error>) {
        if case .failure = recognition { counters.failures &+= 1 }
        if let finished = session.finish(recognition) { publish(finished, of: session) } else { enqueue(session) }
    }

    private func publish(_ finished: FinishedSegment, of session: any Session) {
        counters.pace[session.pipeline.name, default: FramePace()].add(
            frames: finished.frames, duration: finished.duration)
        // A client may correct a final as soon as it sees it, so the segment must be remembered before.
        sink.finished(finished)
        publish(finished.event)
        backlog.note(session)
        // It may be idle now, and go for a new stream.
        nextEviction = .min
        enqueue(session)
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
        for session in sessions.all {
            // A stream whose next packets wait to be read is not quiet, however long ago its last one was.
            if !unread.contains(session.stream), session.tick(now) {
                note(session)
                enqueue(session)
            }
            let isIdle = session.isIdle
            if !isIdle { isQuiet = false }
            if isIdle, now.monotonic - session.lastArrival > longest { evict(session.stream) }
        }
    }

    /// Makes room for a new stream by removing an eighth of the idle ones. If none is idle, nobody searches again for a while.
    ///
    /// - Parameter client: whose streams may go; nil: those of the client with most streams among the ones that have an idle one.
    @discardableResult
    private func evictLongestIdle(of client: ClientIdentifier?, _ now: Moment) -> Bool {
        guard now.monotonic >= nextEviction else { return false }
        let idle = sessions.longestIdle(of: client) { $0.isIdle && !isQueued($0) }
        for session in idle { evict(session.stream) }
        if idle.isEmpty { nextEviction = now.monotonic + Self.sweep }
        return !idle.isEmpty
    }

    private func isQueued(_ session: any Session) -> Bool {
        withFinals.contains(ObjectIdentifier(session)) || withPartials.contains(ObjectIdentifier(session))
    }

    private func evict(_ stream: StreamName) {
        guard let session = sessions.remove(stream) else { return }
        skippedBefore &+= session.skippedPartials
        backlog.forget(session)
        counters.evictedStreams &+= 1
    }

    /// Gives streams up. Their open and waiting segments get no final, because another member reads them from now on.
    public func abandon(_ streams: some Sequence<StreamName>) {
        for stream in streams { evict(stream) }
    }

    /// An abandoned session may still stand in a queue.
    private func isServed(_ session: any Session) -> Bool { sessions[session.stream] === session }

    /// Ends every open segment and reads all finals: nothing that was taken in is lost.
    public func finish() {
        let now = clock.look()
        for session in sessions.all {
            session.end(.shutdown, now: now)
            note(session)
            enqueue(session)
        }
        while turn() {}
    }

    // MARK: What others ask

    var monotonic: Int64 { clock.monotonic }
    /// Bytes that the streams keep.
    public var byteCount: Int { sessions.all.reduce(0) { $0 + $1.byteCount } }
    /// Streams that it keeps.
    public var streamCount: Int { sessions.count }
    public var waitingFinals: Int { sessions.all.reduce(0) { $0 + $1.waitingFinals } }
    /// Frames of segments that wait for their final, about.
    public var waitingFrames: Int { sessions.all.reduce(0) { $0 + $1.waitingWork.frames } }
    /// Partials that wait to be read.
    public var duePartialCount: Int { duePartials.count }
    /// Whether nothing is open, so that the clock's rules need not be looked at soon.
    public private(set) var isQuiet = true
    /// The streams among these with an open segment, or one that waits for its final.
    public func busy(among streams: some Sequence<StreamName>) -> [StreamName] {
        streams.filter { sessions[$0]?.isIdle == false }
    }
    /// The state of each stream, by name.
    public var summaries: [SessionSummary] { sessions.all.map(\.summary).sorted { $0.stream < $1.stream } }

    /// Counters with what the sessions count themselves.
    public var report: LaneCounters {
        var report = counters
        report.skippedPartials = sessions.all.reduce(skippedBefore) { $0 &+ $1.skippedPartials }
        return report
    }
}
