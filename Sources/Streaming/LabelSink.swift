/// Takes the events that a lane gives out, on the lane's thread. It must not wait.
public protocol LabelSink: AnyObject, Sendable {
    func publish(_ event: LabelEvent)
    /// A final with the ink it was read from: what a correction will refer to. It comes before the final is published.
    func finished(_ segment: FinishedSegment)
    /// A packet of a stream was not taken; the lane counts it.
    func refused(_ stream: StreamName, because reason: PacketRefusal)
    /// A sensor's hello names none of these channels, which the model reads: their values count as missing.
    func missing(_ channels: [String], in stream: StreamName)
}

/// Why a lane does not take a packet.
public enum PacketRefusal: String, CaseIterable, Sendable {
    /// There are as many streams as may be, and none is idle.
    case streams
    /// The stream keeps as much memory as it may.
    case memory
    /// The stream's earlier packets were of the other kind.
    case kind
}

extension LabelSink {
    public func finished(_ segment: FinishedSegment) {}
    public func refused(_ stream: StreamName, because reason: PacketRefusal) {}
    public func missing(_ channels: [String], in stream: StreamName) {}
}

/// A segment that got its final, for whoever keeps it: corrections, suggestions for review.
public struct FinishedSegment: Sendable {
    public var event: LabelEvent
    public var writer: String?
    /// Empty where the stream is none of ink.
    public var ink: InkSegment
    /// The vectors of a sensor's segment, at the model's rate; nil for ink, and where a gap was too long.
    public var vectors: [Float]?
    /// The model could not read it; the final is empty.
    public var failed: Bool
    /// Frames that it was read as, and the pen's time from its first to its last sample in µs; 0 where it has no clock.
    var frames = 0
    var duration: Int64 = 0

    /// Nothing is kept that it could be read from again.
    public var isEmpty: Bool { ink.isEmpty && vectors?.isEmpty ?? true }
    /// Memory that its ink or its vectors take.
    public var byteCount: Int { ink.byteCount + (vectors?.count ?? 0) * MemoryLayout<Float>.stride }

    package init(event: LabelEvent, writer: String?, ink: InkSegment, vectors: [Float]? = nil, failed: Bool = false) {
        self.event = event
        self.writer = writer
        self.ink = ink
        self.vectors = vectors
        self.failed = failed
    }
}
