import DuctusFoundations
import DuctusStreaming
import Synchronization

/// Numbers what a stream is given, and hands it to the stream's lane.
final class StreamFeed: Sendable {
    let stream: StreamName
    let queue = LabelQueue()
    private let hello: StreamHello
    private let reader: LiveReader
    private let lane: LaneThread
    private let pipeline: Pipeline
    private let client: ClientIdentifier
    private let clock: any Clock
    private let dispatch: LabelDispatch
    private let state = Mutex(State())

    private struct State {
        var sequence: UInt64 = 0
        /// The time at which the hello is due again, monotonic ns. A lane forgets a stream that is silent for long.
        var nextHello = Int64.min
        var isFinished = false
    }

    /// A packet of the stream, made with its number.
    typealias Make = (_ epoch: UInt64, _ sequence: UInt64) -> any StreamPacket

    private static let epoch: UInt64 = 1
    /// Well below `LaneLimits.eviction`.
    private static let helloInterval: Int64 = 60_000_000_000

    init(
        _ stream: StreamName, hello: StreamHello, of reader: LiveReader, on lane: LaneThread, _ pipeline: Pipeline,
        clock: any Clock, dispatch: LabelDispatch
    ) {
        self.stream = stream
        self.hello = hello
        self.reader = reader
        self.lane = lane
        self.pipeline = pipeline
        self.clock = clock
        self.dispatch = dispatch
        client = ClientIdentifier(stream.text)
    }

    /// - Parameter greet: the hello as a packet, sent before the first packet and now and then.
    func send(greeting greet: (StreamHello, UInt64, UInt64) -> any StreamPacket, _ make: Make) throws(StreamFault) {
        let fault = state.withLock { state -> StreamFault? in
            if state.isFinished || dispatch.isClosed { return .finished }
            if let refusal = dispatch.takeRefusal(of: stream) { return .refused(refusal) }
            let now = clock.monotonic
            if now >= state.nextHello {
                var hello = hello
                if state.nextHello != .min { hello.precedingText = nil }
                guard post(greet(hello, Self.epoch, state.sequence)) else { return .overloaded }
                state.sequence += 1
                state.nextHello = now + Self.helloInterval
            }
            guard post(make(Self.epoch, state.sequence)) else { return .overloaded }
            state.sequence += 1
            return nil
        }
        if let fault { throw fault }
    }

    private func post(_ packet: any StreamPacket) -> Bool {
        lane.post(
            Arrival(
                stream: stream, packet: packet, from: client, pipeline: pipeline, arrived: clock.unixMicroseconds))
    }

    /// Ends the open line and, after its final, the labels.
    ///
    /// - Parameter end: makes the packet that ends the line. The lane's inbox may be full: it does not go through it.
    func finish(_ end: Make) {
        let last = state.withLock { state -> (any StreamPacket)? in
            guard !state.isFinished else { return nil }
            state.isFinished = true
            return end(Self.epoch, state.sequence)
        }
        guard let last else { return }
        let (stream, pipeline, client, queue, dispatch) = (stream, pipeline, client, queue, dispatch)
        let arrived = clock.unixMicroseconds
        lane.perform(after: [stream]) { lane in
            lane.receive(last, of: stream, from: client, pipeline: pipeline, arrived: arrived)
            while lane.turn() {}
            dispatch.remove(stream)
            queue.close()
        }
    }
}

/// Brings each event of the lanes to the labels of its stream.
final class LabelDispatch: LabelSink {
    private struct State {
        var queues: [StreamName: LabelQueue] = [:]
        var refusals: [StreamName: String] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let tell: @Sendable (FinishedSegment) -> Void

    init(finished: @escaping @Sendable (FinishedSegment) -> Void) {
        tell = finished
    }

    /// - Returns: false where another stream has the name.
    func add(_ queue: LabelQueue, for stream: StreamName) -> Bool {
        state.withLock { state in
            guard state.queues[stream] == nil else { return false }
            state.queues[stream] = queue
            return true
        }
    }

    func remove(_ stream: StreamName) {
        state.withLock { ($0.queues[stream], $0.refusals[stream]) = (nil, nil) }
    }

    /// No stream gets labels any more.
    func close() {
        let queues = state.withLock { state in
            state.isClosed = true
            defer { state.queues = [:] }
            return state.queues.values
        }
        for queue in queues { queue.close() }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func takeRefusal(of stream: StreamName) -> String? { state.withLock { $0.refusals.removeValue(forKey: stream) } }

    func publish(_ event: LabelEvent) {
        state.withLock { $0.queues[event.stream] }?.put(Label(event))
    }

    func finished(_ segment: FinishedSegment) { tell(segment) }

    func refused(_ stream: StreamName, because reason: PacketRefusal) {
        state.withLock { state in
            guard state.queues[stream] != nil else { return }
            state.refusals[stream] = reason.remedy
        }
    }
}

extension PacketRefusal {
    /// The remedy of a refusal, for the library's user.
    fileprivate var remedy: String {
        switch self {
        case .streams: "the reader has as many streams as it may; finish some"
        case .memory: "the stream keeps as much as it may; end its line"
        case .kind: "it is of another kind than the stream"
        case .rate: "the model cannot use vectors at this rate"
        }
    }
}
