import DuctusFoundations
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Synchronization

/// Sends the lanes' events to their subscribers, and keeps each stream's last event for those who come later.
final class LabelPublisher: LabelSink {
    private struct Last {
        var message: Publication
        var age: UInt64
    }

    private struct State {
        var last: [StreamName: Last] = [:]
        var age: UInt64 = 0
        var dropped: UInt64 = 0
        var gaps = LabelEvent.Gaps()
        var latency = LatencyHistogram()
    }

    private let state = Mutex(State())
    private let sink: any MessageSink
    private let limit: Int
    private let clock: any Clock
    private let faults: FaultLog?
    private let onFinished: @Sendable (FinishedSegment) -> Void

    /// - Parameters:
    ///   - sink: gets the messages.
    ///   - limit: streams whose last event is kept.
    ///   - onFinished: gets each final with its ink, on a lane's thread; it must not wait.
    init(
        to sink: any MessageSink, limit: Int, clock: any Clock, faults: FaultLog? = nil,
        onFinished: @escaping @Sendable (FinishedSegment) -> Void
    ) {
        self.sink = sink
        self.limit = limit
        self.clock = clock
        self.faults = faults
        self.onFinished = onFinished
    }

    /// Events that found no room on their way to the socket.
    var dropped: UInt64 { state.withLock { $0.dropped } }

    /// Gaps that finals told of, since the start.
    var gaps: LabelEvent.Gaps { state.withLock { $0.gaps } }

    /// The time from a lane's event to the transports' queues, µs.
    var latency: LatencyHistogram { state.withLock { $0.latency } }

    func publish(_ event: LabelEvent) {
        let began = clock.monotonic
        guard let payload = try? event.wire() else {
            state.withLock { $0.dropped += 1 }
            return
        }
        let message = Publication(Topic.labels(event.stream).wire, payload)
        state.withLock { state in
            state.age += 1
            state.last[event.stream] = Last(message: message, age: state.age)
            if state.last.count > limit { Self.forgetOldest(of: &state.last) }
            if event.state == .final { state.gaps = state.gaps + event.gaps }
        }
        let isSent = sink.post(message, matters: event.state == .final)
        if !isSent { faults?.report("outbox_full", "a label was dropped: subscribers do not take them fast enough") }
        let elapsed = (clock.monotonic - began) / 1000
        state.withLock { state in
            if !isSent { state.dropped += 1 }
            state.latency.add(elapsed)
        }
    }

    func flush() { sink.flush() }

    func finished(_ segment: FinishedSegment) {
        if segment.failed {
            faults?.report(
                "unreadable", "a segment could not be read: \(segment.event.failure ?? "")",
                metadata: ["stream": "\(segment.event.stream)"])
        }
        onFinished(segment)
    }

    func failed(_ stream: StreamName, because reason: String) {
        faults?.report(
            "unreadable", "a part of an open segment could not be read: \(reason)", metadata: ["stream": "\(stream)"])
    }

    func gaveUp(_ client: ClientIdentifier, _ stream: StreamName, because reason: String) {
        faults?.report(
            "given_up", "a segment was let go of unread: \(reason)",
            metadata: ["stream": "\(stream)", "client": "\(client)"])
    }

    func refused(_ stream: StreamName, because reason: PacketRefusal) {
        switch reason {
        case .streams:
            faults?.report(
                "refused", "a packet was dropped: there are limits.streams streams already",
                metadata: ["stream": "\(stream)"])
        case .memory:
            faults?.report(
                "stream_memory", "a packet was dropped: its stream keeps limits.stream_memory already",
                metadata: ["stream": "\(stream)"])
        case .kind:
            faults?.report(
                "refused", "a packet was dropped: its stream is of another kind", metadata: ["stream": "\(stream)"])
        case .rate:
            faults?.report(
                "unusable_rate",
                "a packet was dropped: its pipeline's model cannot use vectors at this rate; send them at about the model's",
                metadata: ["stream": "\(stream)"])
        }
    }

    func missing(_ channels: [String], in stream: StreamName) {
        let names = channels.prefix(8).joined(separator: ", ") + (channels.count > 8 ? ", …" : "")
        faults?.report(
            "channels",
            "a sensor's hello does not name \(names), which its pipeline's model reads: their values count as missing",
            metadata: ["stream": "\(stream)"])
    }

    /// The events for a new subscriber: the last event of every stream it asks for, oldest first.
    func lastEvents(of prefix: [UInt8]) -> [Publication] {
        state.withLock { state in
            state.last.values.filter { $0.message.topic.starts(with: prefix) }.sorted { $0.age < $1.age }.map(\.message)
        }
    }

    /// Newcomers are not told of these streams any more: somebody else reads them.
    func forget(_ streams: some Sequence<StreamName>) {
        state.withLock { state in
            for stream in streams { state.last[stream] = nil }
        }
    }

    /// An eighth at once, so that it costs little per event.
    private static func forgetOldest(of last: inout [StreamName: Last]) {
        let ages = last.values.map(\.age).sorted()
        let oldest = ages[max(0, ages.count / 8)]
        last = last.filter { $0.value.age > oldest }
    }
}
