import DuctusNetwork
import DuctusRecognition

/// The vectors of one stream: read as they come, every frame labelled or all transcribed, as the model does.
///
/// A recording may be endless: after `EndpointRule.maximumSamples` vectors its segment ends and the next begins. Where vectors are
/// missing or the clock jumps the reading begins anew; what lies between is "unknown", not a guess.
struct VectorInput: InputKind {
    private let pipeline: Pipeline
    private var timeline = VectorTimeline()
    /// Packets that were lost since the last vectors.
    private var lost: UInt64 = 0
    private var channels: [String] = []
    /// The normalization of the last segment of the same writer, from which the next one starts.
    private var normalization: RunningNormalization?
    private var open: VectorSegment?

    init(_ pipeline: Pipeline) {
        self.pipeline = pipeline
    }

    var isOpen: Bool { open != nil }
    var served: Served? { open?.served }
    var facts: SegmentFacts { open?.facts ?? SegmentFacts() }
    var byteCount: Int { open?.byteCount ?? 0 }

    // MARK: Vectors come in

    mutating func receive(_ packet: FeaturePacket, _ effects: inout PacketEffects<VectorSegment>) throws(PacketRefusal)
    {
        guard case .frames(let frames) = packet.content, frames.count > 0 else { return }
        let served = open?.served ?? effects.current()
        guard case .vectors(let configuration) = served.model.input else { return }
        guard configuration.usableRates.contains(Double(frames.rate)) else {
            open?.gaps.dirtySamples = (open?.gaps.dirtySamples ?? 0).addingSaturating(UInt64(frames.count))
            throw .rate
        }
        let segment = open ?? begin(served, configuration)
        let place = timeline.place(frames, lost: lost)
        if lost > 0 || place != .next && segment.count > 0 {
            segment.gaps.count = segment.gaps.count.addingSaturating(1)
            segment.gaps.packets = segment.gaps.packets.addingSaturating(lost)
        }
        let dirty = segment.gaps.dirtySamples
        // A gap before the segment began is no part of the segment.
        segment.append(frames, at: segment.count > 0 ? place : .next)
        lost = 0
        effects.dirty = segment.gaps.dirtySamples - dirty
        effects.samples = UInt64(frames.count)
        if effects.hop.isDue(at: frames.time ?? effects.arrived) { effects.isDue = true }
        if segment.count >= pipeline.endpoint.maximumSamples { end(.maximum, &effects) }
    }

    private mutating func begin(_ served: Served, _ configuration: VectorConfiguration) -> VectorSegment {
        let segment = VectorSegment(
            served: served, configuration: configuration, pipeline: pipeline, normalization: normalization)
        segment.name(channels: channels)
        open = segment
        return segment
    }

    mutating func note(lost: UInt64) { self.lost = self.lost.addingSaturating(lost) }

    mutating func greet(_ hello: StreamHello) {
        channels = hello.channels
        open?.name(channels: channels)
    }

    static func missing(in hello: StreamHello, for model: Model) -> [String] {
        guard case .vectors(let configuration) = model.input else { return [] }
        return ChannelOrder(of: configuration.channels, among: hello.channels).missing
    }

    mutating func changeHand() { normalization = nil }

    mutating func restart() {
        timeline.restart()
        lost = 0
    }

    mutating func end(_ ending: LabelEvent.Ending, _ effects: inout PacketEffects<VectorSegment>) {
        guard let segment = open else { return }
        normalization = segment.normalization
        open = nil
        effects.close(segment, ending, keepsHop: ending == .maximum)
    }

    // MARK: Reading

    mutating func nextWindow(atRest: Bool) -> WindowRequest? { open?.nextWindow() }
    mutating func receive(_ output: OutputSequence) { open?.receiveWindow(output) }
    var hasCaughtUp: Bool { open?.hasCaughtUp ?? false }
    var hasNews: Bool { open?.hasNews ?? false }
    mutating func partial() -> SegmentReading { open?.partial() ?? .nothing }
    mutating func giveUpReading() { open?.giveUpReading() }

    var owesReading: Bool { open?.hasEndedStretches ?? false }
    mutating func nextOwedWindow() -> WindowRequest? { open?.nextOwedWindow() }
    mutating func receiveOwed(_ output: OutputSequence) { open?.receiveOwed(output) }
}

extension Pipeline.Input {
    /// Feature vectors of a sensor.
    public static let features = Pipeline.Input(name: "features", kind: VectorInput.self)
}
