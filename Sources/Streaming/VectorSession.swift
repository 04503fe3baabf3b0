import Decoding
import Ink
import Network
import Recognition

/// One stream of feature vectors: finds its gaps, reads it as it grows, labels every frame or transcribes, as its model does.
///
/// A recording may be endless: after `EndpointRule.maximumSamples` vectors its segment ends and the next begins. Where vectors are
/// missing or the clock jumps the reading begins anew; what lies between is "unknown", not a guess.
final class VectorSession: Session {
    let stream: StreamName
    let pipeline: Pipeline
    private(set) var lastArrival: Int64

    private var numbering: EventNumbering
    private var tracker = SequenceTracker()
    private var timeline = VectorTimeline()
    private var hop: HopTimer
    private var hello = StreamHello()
    /// Packets lost since the last vectors.
    private var lost: UInt64 = 0

    // The open segment
    private var segment: OpenSegment?
    private var due: Due?
    private(set) var skippedPartials: UInt64 = 0
    private var lastVectors: Int64
    /// What ended and waits for the lane: stretches and whole segments, oldest first.
    private var waiting: [Waiting] = []
    private var normalization: RunningNormalization?
    private var totals = Totals()

    /// A gap up to so many seconds is bridged: its vectors count as missing. Beyond it, the reading begins anew.
    static let bridge = 0.5

    private struct OpenSegment {
        var served: Served
        var reading: VectorReading
        var spans = SpanLog()
        var prefix = CommittedPrefix()
        /// Vectors so far, those that are missing among them.
        var vectors = 0
        /// For models that transcribe: all vectors at the model's rate.
        var recording: [Float] = []
        var gaps = LabelEvent.Gaps()
    }

    private struct Due {
        var arrived: Int64
        var decided: Int64
    }

    /// A stretch that is over, or with `ending` the segment that it closes.
    private struct Waiting {
        var segment: OpenSegment
        var ending: LabelEvent.Ending
        var number: UInt64
        var writer: String?
        var arrived: Int64
        var decided: Int64
    }

    private struct Totals {
        var vectors: UInt64 = 0
        var gaps: UInt64 = 0
        var dirty: UInt64 = 0
        var lastActivity: Int64 = 0
        var text = ""
    }

    init(stream: StreamName, pipeline: Pipeline, now: Moment) {
        self.stream = stream
        self.pipeline = pipeline
        lastArrival = now.monotonic
        lastVectors = now.monotonic
        numbering = EventNumbering(now)
        hop = HopTimer(seconds: pipeline.window.hop)
    }
}
