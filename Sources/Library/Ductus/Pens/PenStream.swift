import DuctusStreaming
import Synchronization

/// One pen that is read while it writes.
///
///     let pen = try reader.makePen()
///     Task { for await label in pen.labels { print(label.text) } }
///     for sample in report { try pen.add(sample) }
///     try pen.lift()
///
/// A line ends where the pen pauses, begins far to the left and below, or where ``endLine()`` says so. A pen that goes out of scope is
/// finished. Used from any thread; samples keep their order if one thread adds them.
public final class PenStream: Sendable {
    private let feed: StreamFeed
    private let pen = Mutex(Pen())

    private struct Pen {
        /// The number of the stroke that is written, or comes next.
        var stroke: UInt32 = 0
        /// The last sample, while the tip touches the surface.
        var touching: Sample?
    }

    init(_ feed: StreamFeed) {
        self.feed = feed
    }

    deinit { finish() }

    /// The name that its labels carry.
    public var name: String { feed.stream.text }

    /// The labels of the stream, as they are read. For one consumer.
    public var labels: Labels { Labels(queue: feed.queue) }

    /// The labels that came since the last call, for programs with a loop of their own.
    public func takeLabels() -> [Label] { feed.queue.takeAll() }

    /// Adds samples with the tip on the surface. They go on with the stroke that was not lifted.
    ///
    /// - Parameter samples: in the order of writing; units of the device, y down.
    /// - Throws: ``StreamFault``; then none of them was taken.
    public func add(_ samples: some Sequence<Sample>) throws(StreamFault) {
        let reports = samples.map { PenSample($0) }
        guard let last = reports.last else { return }
        try locked { pen throws(StreamFault) in
            try send(.samples(reports, firstStroke: pen.stroke))
            pen.touching = last.sample
        }
    }

    /// Adds one sample with the tip on the surface.
    public func add(_ sample: Sample) throws(StreamFault) { try add(CollectionOfOne(sample)) }

    /// Adds a whole stroke, and lifts the pen.
    ///
    /// - Returns: the stroke's number, counted from 0; labels and ``takeBack(_:)`` use it.
    @discardableResult
    public func add(_ stroke: Stroke) throws(StreamFault) -> Int {
        try lift()
        guard let last = stroke.samples.last else { return Int(pen.withLock { $0.stroke }) }
        let reports = stroke.samples.map { PenSample($0) } + [PenSample(last, contact: false)]
        return try locked { pen throws(StreamFault) in
            try send(.samples(reports, firstStroke: pen.stroke))
            defer { pen.stroke &+= 1 }
            return Int(pen.stroke)
        }
    }

    /// The tip leaves the surface: the stroke is over.
    public func lift() throws(StreamFault) {
        try locked { pen throws(StreamFault) in
            guard let last = pen.touching else { return }
            try send(.samples([PenSample(last, contact: false)], firstStroke: pen.stroke))
            pen.touching = nil
            pen.stroke &+= 1
        }
    }

    /// Takes strokes of the open line back, as an eraser or an undo does: the line is read again without them.
    ///
    /// - Parameter strokes: their numbers.
    public func takeBack(_ strokes: [Int]) throws(StreamFault) {
        try send(.retraction(strokes.compactMap { UInt32(exactly: $0) }))
    }

    /// Ends the line that is written: its final label comes next.
    public func endLine() throws(StreamFault) {
        try lift()
        try send(.endOfSegment)
    }

    /// Ends the line and the stream: ``labels`` ends after the last final.
    public func finish() {
        feed.finish { InkPacket(epoch: $0, sequence: $1, content: .endOfSegment) }
    }

    private func send(_ content: InkPacket.Content) throws(StreamFault) {
        try feed.send {
            InkPacket(epoch: $1, sequence: $2, content: .hello($0))
        } _: {
            InkPacket(epoch: $0, sequence: $1, content: content)
        }
    }

    private func locked<Value>(_ body: (inout Pen) throws(StreamFault) -> Value) throws(StreamFault) -> Value {
        let result = pen.withLock { pen -> Result<Value, StreamFault> in
            do throws(StreamFault) {
                return .success(try body(&pen))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
