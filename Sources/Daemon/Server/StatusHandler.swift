import DuctusNetwork
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// Answers `status` and `list streams`.
final class StatusHandler: ControlHandler {
    private let lanes: [LaneThread]
    private let overview: @Sendable () -> WireStatusReply

    private static let defaultLimit = 1000

    /// - Parameter overview: the status without lanes.
    init(lanes: [LaneThread], overview: @escaping @Sendable () -> WireStatusReply) {
        self.lanes = lanes
        self.overview = overview
    }

    func handle(
        _ request: WireControlRequest, from peer: PeerIdentity, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool {
        switch request.body {
        case .status:
            reply(WireControlReply(id: request.id, .status(status())))
            return true
        case .listStreams(let list):
            gather { summaries in
                reply(WireControlReply(id: request.id, .listStreams(Self.page(of: summaries, list))))
            }
            return true
        default: return false
        }
    }

    private func status() -> WireStatusReply {
        var status = overview()
        let reports = lanes.map(\.report)
        status.streams = UInt32(clamping: reports.reduce(0) { $0 + $1.streams })
        status.lanes = zip(lanes, reports).map { lane, report in
            WireLaneStatus.with {
                $0.number = UInt32(lane.number)
                $0.streams = UInt32(clamping: report.streams)
                $0.queued = UInt32(clamping: report.duePartials + report.waitingFinals)
                $0.windows = report.counters.windows
                $0.skippedPartials = report.counters.skippedPartials
                $0.p50Ms = Float(report.counters.partialLatency.quantile(0.5) / 1000)
                $0.p99Ms = Float(report.counters.partialLatency.quantile(0.99) / 1000)
            }
        }
        return status
    }

    /// Asks every lane on its own thread; the last one to answer calls `done`.
    private func gather(_ done: @escaping @Sendable ([(lane: Int, summary: SessionSummary)]) -> Void) {
        let gathered = Gathered(awaited: lanes.count)
        for thread in lanes {
            thread.perform { lane in
                let summaries = lane.summaries.map { (lane: thread.number, summary: $0) }
                if let all = gathered.add(summaries) { done(all) }
            }
        }
    }

    /// The reports of the lanes so far.
    private final class Gathered: Sendable {
        private struct State {
            var awaited: Int
            var summaries: [(lane: Int, summary: SessionSummary)] = []
        }
        private let state: Mutex<State>

        init(awaited: Int) {
            state = Mutex(State(awaited: awaited))
        }

        /// All summaries, once the last lane has given its own.
        func add(_ summaries: [(lane: Int, summary: SessionSummary)]) -> [(lane: Int, summary: SessionSummary)]? {
            state.withLock { state in
                state.awaited -= 1
                state.summaries += summaries
                return state.awaited == 0 ? state.summaries : nil
            }
        }
    }

    private static func page(
        of summaries: [(lane: Int, summary: SessionSummary)], _ request: WireListStreamsRequest
    ) -> WireListStreamsReply {
        let wanted =
            summaries
            .filter { $0.summary.stream.text.hasPrefix(request.prefix) && $0.summary.stream.text > request.after }
            .sorted { $0.summary.stream < $1.summary.stream }
        let limit = request.limit == 0 ? defaultLimit : min(Int(request.limit), defaultLimit)
        return WireListStreamsReply.with {
            $0.streams = wanted.prefix(limit).map { WireStreamStatus($0.summary, lane: $0.lane) }
            $0.more = wanted.count > limit
        }
    }
}

extension WireStreamStatus {
    init(_ summary: SessionSummary, lane: Int) {
        self.init()
        name = summary.stream.text
        pipeline = summary.pipeline
        writer = summary.writer ?? ""
        device = summary.device ?? ""
        if let generation = summary.generation { self.generation = generation.wire }
        self.lane = UInt32(clamping: lane)
        segment = summary.segment
        `open` = summary.isOpen
        samples = summary.samples
        segments = summary.segments
        gaps = summary.gaps
        dirty = summary.dirtySamples
        memoryBytes = UInt64(clamping: summary.byteCount)
        lastActivity = summary.lastActivity
        text = summary.text
    }
}
