/// Takes the events that a lane gives out, on the lane's thread. It must not wait.
public protocol LabelSink: AnyObject, Sendable {
    func publish(_ event: LabelEvent)
    /// A final with the ink it was read from: what a correction will refer to.
    func finished(_ segment: FinishedSegment)
}

extension LabelSink {
    public func finished(_ segment: FinishedSegment) {}
}

/// A segment that got its final, for whoever keeps it: corrections, suggestions for review.
public struct FinishedSegment: Sendable {
    public var event: LabelEvent
    public var writer: String?
    /// Empty where the stream is none of ink.
    public var ink: InkSegment
    /// The vectors of a sensor's segment that was transcribed, at the model's rate; nil for ink, and where every frame is labelled.
    public var vectors: [Float]?
    /// The model could not read it; the final is empty.
    public var failed: Bool
    /// Frames that it was read as, and the pen's time from its first to its last sample in µs; 0 where it has no clock.
    var frames = 0
    var duration: Int64 = 0

    package init(event: LabelEvent, writer: String?, ink: InkSegment, vectors: [Float]? = nil, failed: Bool = false) {
        self.event = event
        self.writer = writer
        self.ink = ink
        self.vectors = vectors
        self.failed = failed
    }
}
