import DuctusFoundations
import DuctusNetwork
import DuctusRecognition

/// One point in time on both clocks, read once per turn of a lane.
public struct Moment: Sendable {
    /// Nanoseconds, never backward.
    public var monotonic: Int64
    /// µs since 1970.
    public var unix: Int64

    public init(_ clock: some Clock) {
        monotonic = clock.monotonic
        unix = clock.unixMicroseconds
    }
}

/// What one stream is, over time. Owned and called by one lane, never by two threads.
protocol Session: AnyObject {
    var stream: StreamName { get }
    var pipeline: Pipeline { get }
    /// When its last packet came, monotonic.
    var lastArrival: Int64 { get }
    /// Nothing is open and nothing waits: it may be evicted.
    var isIdle: Bool { get }
    /// A partial should be read.
    var partialIsDue: Bool { get }
    /// Segments that ended and wait for their final.
    var waitingFinals: Int { get }
    var skippedPartials: UInt64 { get }
    /// What it keeps in memory, in bytes.
    var byteCount: Int { get }
    var summary: SessionSummary { get }

    /// The wall clock's rules, while no sample arrives.
    func tick(_ now: Moment)
    /// Adds what is to be read now to the batch of its model.
    func addWindow(to windows: WindowGroups) -> WindowOffer
    /// Takes what the network said about the window. Returns the event if the reading has caught up with the ink.
    func takeWindow(_ output: OutputSequence) -> LabelEvent?
    /// Reads the oldest waiting segment exactly.
    func finishNext(with readers: Readers) -> FinishedSegment?
    /// The window that was added last could not be read: what was read of the open segment is given up.
    func dropWindow()
    /// Ends what is open.
    func end(_ ending: LabelEvent.Ending, now: Moment)
}

/// What a session with a due partial has for the network.
enum WindowOffer {
    /// A window was added; `takeWindow` will get its output.
    case window
    /// No ink is left to read, which is itself worth telling.
    case event(LabelEvent)
    case nothing
}

/// What `status` tells of a stream.
public struct SessionSummary: Sendable {
    public var stream: StreamName
    public var pipeline: String
    public var writer: String?
    public var device: String?
    public var generation: LabelEvent.Generation?
    public var segment: UInt64
    public var isOpen: Bool
    public var samples: UInt64
    public var segments: UInt64
    public var gaps: UInt64
    public var dirtySamples: UInt64
    public var byteCount: Int
    /// Unix µs.
    public var lastActivity: Int64
    /// The last reading.
    public var text: String
}

/// Counts a stream's events and segments; unique over restarts, because both begin with the time of the stream's first packet.
struct EventNumbering {
    let epoch: UInt64
    private(set) var events: UInt64 = 0
    private(set) var segments: UInt64 = 0

    init(_ now: Moment) {
        epoch = UInt64(max(0, now.unix / 1000))
    }

    /// The number of the segment that is open.
    var segment: UInt64 { epoch &* 1000 &+ segments }

    mutating func nextEvent() -> UInt64 {
        events += 1
        return events
    }

    mutating func closeSegment() -> UInt64 {
        defer { segments += 1 }
        return segment
    }
}
