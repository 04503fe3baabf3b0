/// A label event, published under the topic `labels.<stream>`: the whole text of a segment as far as it is read.
///
/// Guarantees
/// - `number` counts a stream's events from 1 within `epoch` without holes; a late subscriber may see one twice and drops it by its number.
/// - The first `committed` scalars of a partial's text stay as they are in all later partials of the same `revision`.
/// - A segment gets exactly one final, after all of its partials; the final replaces everything, its `committed` is the whole text.
/// - All events of a segment carry one `generation`.
public struct LabelEvent: Equatable, Sendable {
    public var stream: StreamName
    /// One life of the stream in the daemon: unix milliseconds of its first packet.
    public var epoch: UInt64
    /// The count of the stream's events within `epoch`, from 1.
    public var number: UInt64
    /// Unique within the stream, over restarts of the daemon: `epoch * 1000` + a count.
    public var segment: UInt64
    /// The number of times that strokes were taken back from the segment. Each time it is read again from its first
    /// stroke.
    public var revision: UInt32
    /// Whether more of the segment may come.
    public var state: State
    /// For pipelines that label every frame: in a partial the name of the newest label, in a final the names of all spans in order,
    /// joined by spaces; `symbols` is empty there and `committed` 0 in partials.
    public var text: String
    /// Unicode scalars of `text` that later partials do not change.
    public var committed: Int
    /// The labels of `text`, in order; their texts joined give `text`.
    public var symbols: [Symbol]
    /// Other readings, best first, without `text` itself.
    public var alternatives: [Alternative]
    /// For pipelines that label every frame: the spans that became final since the last event, then all that are provisional; a
    /// provisional span that a later event does not list is void. Empty otherwise.
    public var spans: [Span]
    /// Why the segment ended; nil in a partial.
    public var ending: Ending?
    /// The generation of the weights that read the segment.
    public var generation: Generation
    /// The publisher's numbers of the segment's strokes, in order; `Symbol.strokes` indexes them. Empty for feature streams.
    public var strokes: [UInt32]
    /// The number of samples with contact (ink), or of vectors (features), in the segment so far.
    public var sampleCount: Int
    /// The losses of the segment on the way in.
    public var gaps: Gaps
    /// The number of partials of this stream that were skipped under overload since its epoch began.
    public var droppedPartials: UInt64
    /// Why a final could not be read, and so is empty; nil where it could.
    public var failure: String?
    /// The times at which the event's ink arrived, was read, and was published.
    public var stamps: Stamps

    /// Whether more of the segment may come.
    public enum State: Equatable, Sendable { case partial, final }

    /// The rule that ended a segment.
    /// `hello`: the publisher began anew or names another writer. `shutdown`: the daemon stops.
    public enum Ending: String, CaseIterable, Sendable {
        case pause, newLine, explicit, proximityOut, maximum, idle, hello, shutdown
    }

    /// One label with where it was written.
    public struct Symbol: Equatable, Sendable {
        /// The label's text, which may be several Unicode scalars.
        public var text: String
        /// The calibrated probability that the label is right, 0…1.
        public var confidence: Float
        /// Pen time in µs from the first to the last sample of the label; nil where the device gives none.
        public var time: ClosedRange<Int64>?
        /// Indexes into the segment's samples.
        public var samples: Range<Int>
        /// Indexes into the event's `strokes`.
        public var strokes: Range<Int>

        /// A symbol that was read. Confidence is 0…1, times are µs; samples and strokes are counted within the segment.
        public init(
            text: String, confidence: Float, time: ClosedRange<Int64>? = nil, samples: Range<Int>, strokes: Range<Int>
        ) {
            self.text = text
            self.confidence = confidence
            self.time = time
            self.samples = samples
            self.strokes = strokes
        }
    }

    /// Another reading of the segment.
    public struct Alternative: Equatable, Sendable {
        /// The text of the reading.
        public var text: String
        /// Natural log of its weight against all readings that were kept.
        public var score: Float

        /// A text, and its score as a natural logarithm.
        public init(text: String, score: Float) {
            self.text = text
            self.score = score
        }
    }

    /// A run of frames with one label.
    public struct Span: Equatable, Sendable {
        /// The number of the span in its segment, from 0. A span with a number seen before replaces that one.
        public var number: UInt64
        /// `unknown` where the input was missing.
        public var name: String
        /// Sensor time in µs; nil where the sensor has no clock.
        public var time: ClosedRange<Int64>?
        /// The mean probability of the label over its frames, calibrated, 0…1.
        public var confidence: Float
        /// Provisional: its end, or its name, may still change.
        public var state: State
        /// Vectors, counted in the segment.
        public var frames: Range<Int>

        /// Whether the span may still change.
        public enum State: Equatable, Sendable { case provisional, final }

        /// A span. Confidence is 0…1, times are in µs; `frames` counts the vectors of the segment.
        public init(
            number: UInt64, name: String, time: ClosedRange<Int64>? = nil, confidence: Float, state: State,
            frames: Range<Int>
        ) {
            self.number = number
            self.name = name
            self.time = time
            self.confidence = confidence
            self.state = state
            self.frames = frames
        }
    }

    /// The weights that read a segment.
    public struct Generation: Hashable, Sendable {
        /// The writer whose own generation it is; nil for the shared one.
        public var writer: String?
        /// 0 is the base that was shipped.
        public var number: UInt64

        /// A name; without a writer, of the weights of all.
        public init(writer: String? = nil, number: UInt64) {
            self.writer = writer
            self.number = number
        }
    }

    /// The losses of a segment on the way in.
    public struct Gaps: Equatable, Sendable {
        /// Places at which sequence numbers jumped.
        public var count: UInt64
        /// Packets that never came.
        public var packets: UInt64
        /// Samples that came but were unusable (not finite).
        public var dirtySamples: UInt64
        /// Places at which a sensor's clock jumped: how long it was silent is unknown.
        public var clockJumps: UInt64
        /// Places at which a sensor's vectors began to come at another rate.
        public var rateChanges: UInt64

        /// Counts of what is missing or was dropped.
        public init(
            count: UInt64 = 0, packets: UInt64 = 0, dirtySamples: UInt64 = 0, clockJumps: UInt64 = 0,
            rateChanges: UInt64 = 0
        ) {
            self.count = count
            self.packets = packets
            self.dirtySamples = dirtySamples
            self.clockJumps = clockJumps
            self.rateChanges = rateChanges
        }

        /// Whether nothing was lost.
        public var isEmpty: Bool { self == Gaps() }

        /// Both together.
        public static func + (one: Gaps, other: Gaps) -> Gaps {
            Gaps(
                count: one.count.addingSaturating(other.count), packets: one.packets.addingSaturating(other.packets),
                dirtySamples: one.dirtySamples.addingSaturating(other.dirtySamples),
                clockJumps: one.clockJumps.addingSaturating(other.clockJumps),
                rateChanges: one.rateChanges.addingSaturating(other.rateChanges))
        }
    }

    /// The times of an event's way through the daemon, unix µs on its clock.
    public struct Stamps: Equatable, Sendable {
        /// The packet that made the event due came in.
        public var arrived: Int64
        /// The hop was due, or the segment's end was decided.
        public var decided: Int64
        /// The event left for its socket.
        public var published: Int64

        /// Three times, unix µs.
        public init(arrived: Int64, decided: Int64, published: Int64) {
            self.arrived = arrived
            self.decided = decided
            self.published = published
        }
    }

    /// An event. `committed` counts the Unicode scalars of `text` that will not change.
    public init(
        stream: StreamName, epoch: UInt64, number: UInt64, segment: UInt64, revision: UInt32 = 0, state: State,
        text: String, committed: Int, symbols: [Symbol], alternatives: [Alternative] = [],
        spans: [Span] = [], ending: Ending? = nil, generation: Generation, strokes: [UInt32] = [], sampleCount: Int,
        gaps: Gaps = Gaps(),
        droppedPartials: UInt64 = 0, failure: String? = nil, stamps: Stamps
    ) {
        self.stream = stream
        self.epoch = epoch
        self.number = number
        self.segment = segment
        self.revision = revision
        self.state = state
        self.text = text
        self.committed = committed
        self.symbols = symbols
        self.alternatives = alternatives
        self.spans = spans
        self.ending = ending
        self.generation = generation
        self.strokes = strokes
        self.sampleCount = sampleCount
        self.gaps = gaps
        self.droppedPartials = droppedPartials
        self.failure = failure
        self.stamps = stamps
    }
}
