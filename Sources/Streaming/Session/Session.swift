import DuctusFoundations
import DuctusNetwork
import DuctusRecognition

/// One point in time on both clocks, read once per turn of a lane.
public struct Moment: Sendable {
    /// Nanoseconds, never backward.
    public var monotonic: Int64
    /// µs since 1970.
    public var unix: Int64

    /// The clock's present time.
    public init(_ clock: some Clock) {
        monotonic = clock.monotonic
        unix = clock.unixMicroseconds
    }
}

/// One stream over time, of any kind of input. Owned and called by one lane, never by two threads.
///
/// A session never computes: it returns what it wants computed, and gets the result.
protocol Session: AnyObject {
    var stream: StreamName { get }
    var pipeline: Pipeline { get }
    /// The client that sent the newest packet.
    var client: ClientIdentifier { get }
    /// The arrival of its last packet, monotonic ns.
    var lastArrival: Int64 { get }
    /// Nothing is open and nothing waits: it may be evicted.
    var isIdle: Bool { get }
    /// A partial should be read.
    var partialIsDue: Bool { get }
    var skippedPartials: UInt64 { get }
    /// The memory that it keeps, in bytes.
    var byteCount: Int { get }
    /// Whether it keeps so much memory. It is measured only where what came since could have made it so.
    func keeps(atLeast bytes: Int) -> Bool
    var summary: SessionSummary { get }

    /// Takes one packet that arrived at `arrived` (unix µs), or the next piece of it.
    ///
    /// - Parameter isBegun: a piece of it was taken before.
    /// - Throws: why it was not taken.
    func receive(
        _ packet: any StreamPacket, from client: ClientIdentifier, arrived: Int64, now: Moment, isBegun: Bool
    ) throws(PacketRefusal) -> PacketReceipt
    /// The wall clock's rules, while no sample arrives.
    ///
    /// - Returns: whether something ended or became due by it.
    func tick(_ now: Moment) -> Bool
    /// Ends what is open.
    func end(_ ending: LabelEvent.Ending, now: Moment)

    /// The request of a due partial to the network.
    func nextWindow() -> WindowOffer
    /// Takes what the network said about the window. Returns the event if the reading has caught up with the input.
    func receiveWindow(_ output: OutputSequence) -> LabelEvent?
    /// The window could not be read: what was read of the open segment is given up, and its reading begins anew.
    func giveUpWindow()

    /// Segments that ended and wait for their final.
    var waitingFinals: Int { get }
    /// Frames, and bytes, that wait for a final, about.
    var waitingWork: WaitingWork { get }
    /// Frames of the next step towards a final, about.
    var nextFinalFrames: Int { get }
    /// The request of the oldest waiting segment to the network.
    func nextFinal() -> FinalOffer
    /// Takes what the network said about a window of the oldest waiting segment.
    func receiveFinalWindow(_ output: OutputSequence)
    /// The oldest waiting segment was read, or could not be.
    func finish(_ recognition: Result<Recognition, any Error>) -> FinishedSegment?
    /// Lets go of the newest waiting segment that is not given up yet: its final will say why it is empty.
    func giveUpNewestFinal(because reason: String) -> Bool
}

/// The outcome of receiving a packet.
struct PacketReceipt {
    /// It had come before and was dropped.
    var isRepeated = false
    /// False: a piece of it was taken, and the next is asked for.
    var isWhole = true
    /// Channels that the model reads and the publisher's hello does not name.
    var missing: [String] = []
}

/// The answer of a session whose partial is due: a window, an event, or nothing.
enum WindowOffer {
    /// `receiveWindow` gets its output.
    case window(WindowRequest)
    /// No input is left to read, which is itself worth telling.
    case event(LabelEvent)
    case nothing
}

/// The answer of a session whose segment waits for its final.
enum FinalOffer {
    /// A segment that is read as a whole; `finish` gets the result.
    case whole(FinalRequest)
    /// The next of several windows; `receiveFinalWindow` gets its output.
    case window(WindowRequest)
    /// Nothing is left to compute.
    case finished(FinishedSegment)
    case nothing
}

/// A segment that is to be read as a whole.
struct FinalRequest {
    var model: Model
    var decoding: Recognizer.Decoding
    var evidence: Evidence
    var precedingText: String
}

/// The amount of work that waits for finals.
struct WaitingWork {
    var frames = 0
    var bytes = 0

    static func += (sum: inout WaitingWork, other: WaitingWork) {
        sum.frames += other.frames
        sum.bytes += other.bytes
    }
}

/// The summary of a stream for `status`.
public struct SessionSummary: Sendable {
    public var stream: StreamName
    public var pipeline: String
    /// The writer that the stream names; nil where it names none.
    public var writer: String?
    public var device: String?
    /// The generation that reads the open segment; nil between two segments.
    public var generation: LabelEvent.Generation?
    /// The open segment's number, or that of the last.
    public var segment: UInt64
    public var isOpen: Bool
    /// Samples, or vectors, since the epoch began.
    public var samples: UInt64
    /// Segments since the epoch began.
    public var segments: UInt64
    /// Places at which sequence numbers jumped.
    public var gaps: UInt64
    /// Samples that came but were unusable (not finite).
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
