import DuctusNetwork
import DuctusRecognition

/// A kind of input, such as pens or sensors: the part of a stream that differs between kinds. The rest is
/// `StreamSession<Kind>`: sequence numbers, hops, partials and finals in their order, memory, and the status.
///
/// A value of it is the kind's part of one stream. It cuts the input into segments and reads the open one as it grows.
/// It never runs the network itself: `nextWindow` returns a request, `receive(_ output:)` gets the result.
///
/// A kind is a folder of its own: its packet, this, and its message on the wire. `Pipeline.Input(name:kind:)` makes it known.
package protocol InputKind {
    associatedtype Packet: StreamPacket
    associatedtype Ended: EndedSegment

    init(_ pipeline: Pipeline)

    // What comes in

    /// Whether a segment is open, which must get its final.
    var isOpen: Bool { get }
    /// The weights that the open segment is read with; nil before its first input.
    var served: Served? { get }
    /// The part of an event that tells of the open segment.
    var facts: SegmentFacts { get }
    /// Memory of the open segment, in bytes.
    var byteCount: Int { get }
    /// Whether the pen is away. Unless it comes back, the open segment ends as `PacketEffects.leave` said.
    var isAway: Bool { get }
    /// Whether a stream that rests is read to its end once, as if it had ended.
    static var readsRests: Bool { get }
    /// Whether the input is writing, which can also be read at once.
    static var readsStrokes: Bool { get }

    /// Receives a packet that brings input or amends it.
    ///
    /// A long packet is received in pieces of some milliseconds, between which other streams are read. Nothing else is asked meanwhile but the
    /// finals of segments that it ended.
    ///
    /// - Parameter first: 0, or what the call before returned.
    /// - Returns: where to go on with the packet; nil: all of it was received.
    /// - Throws: why it is refused.
    mutating func receive(
        _ packet: Packet, from first: Int, _ effects: inout PacketEffects<Ended>
    ) throws(PacketRefusal) -> Int?
    /// Packets of the stream were lost just before the next one.
    mutating func note(lost: UInt64)
    /// Receives what the publisher tells of itself. Its writer is the same as before, or nothing is open.
    mutating func greet(_ hello: StreamHello)
    /// The channels that a model reads and the hello does not name.
    static func missing(in hello: StreamHello, for model: Model) -> [String]
    /// Forgets what is carried over from segment to segment, because the writer or the publisher is another.
    mutating func changeHand()
    /// Begins anew with the publisher, whose clock and counting may have changed. Nothing is open.
    mutating func restart()
    /// Ends what is open.
    mutating func end(_ ending: LabelEvent.Ending, _ effects: inout PacketEffects<Ended>)

    // How the open segment is read

    /// The next window of the open segment; nil if all of it was read.
    mutating func nextWindow(atRest: Bool) -> WindowRequest?
    /// Receives the network's output for the window.
    mutating func receive(_ output: OutputSequence)
    /// Whether everything that should be read by now was in a window.
    var hasCaughtUp: Bool { get }
    /// Whether something is worth telling though there is no window.
    var hasNews: Bool { get }
    mutating func partial() -> SegmentReading
    /// Gives up the reading of the open segment, which then begins anew.
    mutating func giveUpReading()

    // What must be read before the next partial

    /// Whether a part of the open segment is over and waits to be read to its end.
    var owesReading: Bool { get }
    mutating func nextOwedWindow() -> WindowRequest?
    mutating func receiveOwed(_ output: OutputSequence)
}

extension InputKind {
    package var isAway: Bool { false }
    package static var readsRests: Bool { false }
    package static var readsStrokes: Bool { false }
    package static func missing(in hello: StreamHello, for model: Model) -> [String] { [] }
    package var owesReading: Bool { false }
    package mutating func nextOwedWindow() -> WindowRequest? { nil }
    package mutating func receiveOwed(_ output: OutputSequence) {}
}

/// A segment that ended and waits for its final.
package protocol EndedSegment {
    /// The weights that it is read with.
    var served: Served { get }
    var facts: SegmentFacts { get }
    var byteCount: Int { get }
    /// The approximate number of frames of its final.
    var frames: Int { get }
    /// The time from the first to the last sample on the publisher's clock, µs; 0 where it has none, or where frames tell the time.
    var duration: Int64 { get }
    /// The evidence of the segment, for corrections; nil where too much of it is missing.
    var evidence: Evidence? { get }
    /// The next request of its final to the network.
    mutating func next() -> FinalStep
    mutating func receive(_ output: OutputSequence)
    /// The final, once it was read as a whole.
    func reading(of recognition: Recognition, alternatives: Int) -> SegmentReading
}

extension EndedSegment {
    package var duration: Int64 { 0 }
    package mutating func receive(_ output: OutputSequence) {}
}

/// A step towards a final.
package enum FinalStep {
    /// Evidence to be read as a whole.
    case whole(Evidence, precedingText: String)
    /// A window to be computed; then comes the next step.
    case window(WindowRequest)
    case done(SegmentReading)
}

/// The facts of a segment that an event tells besides its reading.
package struct SegmentFacts {
    /// Samples with contact, or vectors.
    package var count: Int
    /// The publisher's numbers of its strokes.
    package var strokes: [UInt32]
    package var revision: UInt32
    package var gaps: LabelEvent.Gaps

    package init(
        count: Int = 0, strokes: [UInt32] = [], revision: UInt32 = 0, gaps: LabelEvent.Gaps = LabelEvent.Gaps()
    ) {
        self.count = count
        self.strokes = strokes
        self.revision = revision
        self.gaps = gaps
    }
}

/// The effects of a packet on its stream, and what a kind needs to know to tell them.
package struct PacketEffects<Ended> {
    /// The arrival of the packet, unix µs.
    package let arrived: Int64
    private let models: any ModelStore
    private let writer: String?
    package var hop: HopTimer
    /// Whether a partial should be read.
    package var isDue = false
    /// Segments that ended, oldest first.
    private var ended: [(segment: Ended, ending: LabelEvent.Ending)] = []
    /// Samples or vectors that came, and of them those that were unusable.
    package var samples: UInt64 = 0
    package var dirty: UInt64 = 0
    /// The open segment ends for this reason, unless the pen comes back within this number of seconds.
    package var leave: (ending: LabelEvent.Ending, seconds: Double)?

    init(arrived: Int64, models: any ModelStore, writer: String?, hop: HopTimer) {
        self.arrived = arrived
        self.models = models
        self.writer = writer
        self.hop = hop
    }

    /// The weights for a segment that opens now.
    package func current() -> Served { models.current(for: writer) }

    /// Gives out the segments that ended since the last call.
    mutating func takeEnded() -> [(segment: Ended, ending: LabelEvent.Ending)] {
        guard !ended.isEmpty else { return [] }
        defer { ended = [] }
        return ended
    }

    /// A segment ended: nothing of it is due any more.
    package mutating func close(_ segment: Ended, _ ending: LabelEvent.Ending, keepsHop: Bool = false) {
        ended.append((segment, ending))
        isDue = false
        if !keepsHop { hop.restart() }
    }
}
