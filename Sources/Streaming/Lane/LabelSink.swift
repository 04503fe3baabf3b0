import DuctusRecognition

/// Takes the events that a lane gives out, on the lane's thread. It must not wait.
public protocol LabelSink: AnyObject, Sendable {
    /// Takes an event, on a lane's thread. It must not wait.
    func publish(_ event: LabelEvent)
    /// No further event comes for a while: those that were published should be on their way.
    func flush()
    /// A final with the ink it was read from: what a correction will refer to. It comes before the final is published.
    func finished(_ segment: FinishedSegment)
    /// A segment was let go of unread; its final says why, and the lane counts it.
    func gaveUp(_ client: ClientIdentifier, _ stream: StreamName, because reason: String)
    /// A window of an open segment could not be read; the lane counts it.
    func failed(_ stream: StreamName, because reason: String)
    /// A packet of a stream was not taken; the lane counts it.
    func refused(_ stream: StreamName, because reason: PacketRefusal)
    /// A sensor's hello names none of these channels, which the model reads: their values count as missing.
    func missing(_ channels: [String], in stream: StreamName)
}

/// The reasons for which a lane refuses a packet.
public enum PacketRefusal: String, Error, CaseIterable, Sendable {
    /// The limit of streams is reached, and none is idle.
    case streams
    /// The stream keeps as much memory as it may.
    case memory
    /// The stream's earlier packets were of another kind.
    case kind
    /// Its vectors come at a rate that the model cannot use.
    case rate
}

extension LabelSink {
    public func flush() {}
    public func gaveUp(_ client: ClientIdentifier, _ stream: StreamName, because reason: String) {}
    public func failed(_ stream: StreamName, because reason: String) {}
    public func finished(_ segment: FinishedSegment) {}
    public func refused(_ stream: StreamName, because reason: PacketRefusal) {}
    public func missing(_ channels: [String], in stream: StreamName) {}
}

/// A segment that got its final, for whoever keeps it: corrections, suggestions for review.
public struct FinishedSegment: Sendable {
    /// The final as it is published.
    public var event: LabelEvent
    /// The name of the pipeline that read it.
    public var pipeline: String
    /// The writer that the stream names; nil where it names none.
    public var writer: String?
    /// The evidence of the segment; nil where too much of it is missing, or where it was given up unread.
    public var evidence: Evidence?
    /// Frames that it was read as, and the publisher's time from its first to its last sample in µs; 0 where it has no clock.
    var frames = 0
    var duration: Int64 = 0

    /// The model could not read it; the final is empty, and its event says why.
    public var failed: Bool { event.failure != nil }
    /// Nothing is kept that it could be read from again.
    public var isEmpty: Bool { evidence?.isEmpty ?? true }
    /// Memory that its evidence takes.
    public var byteCount: Int { evidence?.byteCount ?? 0 }

    package init(event: LabelEvent, pipeline: String, writer: String?, evidence: Evidence? = nil) {
        self.event = event
        self.pipeline = pipeline
        self.writer = writer
        self.evidence = evidence
    }
}
