import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import Synchronization

/// Reads pens and sensors while they go on, all of them in batches on a thread of its own.
///
///     let reader = LiveReader(try Model(contentsOf: URL(filePath: "models/english")))
///     let pen = try reader.makePen()
///     try pen.add(Sample(x: 12, y: 40, time: 0))
///
/// A stream is cheap, because the model, the scratch memory and the threads belong to the reader. Used from any thread.
public final class LiveReader: Sendable {
    /// The options that it was made with.
    public let options: LiveOptions
    private let models: any ModelStore
    private let lanes: [LaneThread]
    private let dispatch: LabelDispatch
    private let clock = SystemClock()
    private let count = Atomic<UInt64>(0)

    /// A reader of one model.
    public convenience init(_ model: Model, options: LiveOptions = LiveOptions()) {
        self.init(SharedModel(Served(model: model, generation: .init(number: 0))), options: options) { _ in }
    }

    /// - Parameter finished: called on a reading thread with each finished line, before its final label comes.
    package init(
        _ models: any ModelStore, options: LiveOptions, finished: @escaping @Sendable (FinishedSegment) -> Void
    ) {
        self.options = options
        self.models = models
        let dispatch = LabelDispatch(finished: finished)
        self.dispatch = dispatch
        let clock = clock
        lanes = (0..<max(1, options.threads)).map {
            LaneThread(number: $0, limits: LaneLimits(), clock: clock, sink: dispatch)
        }
        for lane in lanes { lane.run() }
    }

    /// Its streams keep it, so all of them are finished.
    deinit {
        for lane in lanes { lane.stop(within: 0) }
    }

    /// A stream of a kind of input, not begun yet.
    func makeFeed(_ input: Pipeline.Input, _ name: String?, _ hello: StreamHello) throws -> StreamFeed {
        let model = models.current(for: hello.writer).model
        guard model.input.name == input.rawValue else {
            throw ModelError.wrongInput(model: model.name, expected: model.input.name)
        }
        let text = name ?? "\(input.rawValue)-\(count.add(1, ordering: .relaxed).newValue)"
        guard let stream = StreamName(text) else { throw StreamFault.name(text) }
        if let writer = hello.writer, StreamName(writer) == nil { throw StreamFault.name(writer) }
        let lane = lanes[Int(stream.stableHash % UInt64(lanes.count))]
        let feed = StreamFeed(
            stream, hello: hello, of: self, on: lane, options.pipeline(input, models), clock: clock, dispatch: dispatch)
        guard dispatch.add(feed.queue, for: stream) else { throw StreamFault.name(text) }
        return feed
    }

    /// Ends all lines, waits for their finals, and ends the threads. Streams take no input afterwards.
    ///
    /// - Returns: false if that took longer than this number of seconds. Later finals still come.
    @discardableResult
    public func finish(within seconds: Double = 30) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let all = lanes.map { $0.stop(within: max(0, (deadline - ContinuousClock.now) / .seconds(1))) }
        dispatch.close()
        return all.allSatisfy { $0 }
    }
}
