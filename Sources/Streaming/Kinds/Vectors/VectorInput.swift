import DuctusNetwork
import DuctusRecognition

/// The vectors of one stream: read as they come, every frame labelled or all transcribed, as the model does.
///
/// A recording may be endless: after `EndpointRule.maximumSamples` vectors its segment ends and the next begins, behind the packet, or
/// within one that holds more. Where vectors are missing or the clock jumps the reading begins anew; what lies between is "unknown", not a
/// guess.
///
/// A class: a session that knows its kind only by the protocol would copy a value for each question.
final class VectorInput: InputKind {
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

    /// Numbers of one piece of a packet, at the model's rate: some milliseconds.
    private static let piece = 65_536

    func receive(
        _ packet: FeaturePacket, from first: Int, _ effects: inout PacketEffects<VectorSegment>
    ) throws(PacketRefusal) -> Int? {
        guard case .frames(let frames) = packet.content, frames.count > 0 else { return nil }
        let served = open?.served ?? effects.current()
        guard case .vectors(let configuration) = served.model.input else { return nil }
        guard configuration.usableRates.contains(Double(frames.rate)) else {
            open?.gaps.dirtySamples = (open?.gaps.dirtySamples ?? 0).addingSaturating(UInt64(frames.count))
            throw .rate
        }
        let numbers =
            Double(max(frames.channels, configuration.channels.count))
            * max(1, configuration.rate / Double(frames.rate))
        let most = max(1, min(pipeline.endpoint.maximumSamples, Int(Double(Self.piece) / numbers)))
        let next = first + min(frames.count - first, most)
        let part = first == 0 && next == frames.count ? frames : frames.part(first..<next)
        let isNew = open == nil
        let segment = open ?? begin(served, configuration)
        let dirty = segment.gaps.dirtySamples
        if first == 0 {
            let place = timeline.place(frames, lost: lost)
            if lost > 0 || place != .next && segment.count > 0 {
                segment.gaps.count = segment.gaps.count.addingSaturating(1)
                segment.gaps.packets = segment.gaps.packets.addingSaturating(lost)
            }
            lost = 0
            // A gap before the segment began is no part of the segment.
            segment.append(part, at: segment.count > 0 ? place : .next)
        } else if isNew {
            segment.append(part, at: .next)
        } else {
            segment.append(part)
        }
        effects.dirty += segment.gaps.dirtySamples - dirty
        effects.samples += UInt64(part.count)
        if next == frames.count, effects.hop.isDue(at: frames.time ?? effects.arrived) { effects.isDue = true }
        let isDivided = frames.count > pipeline.endpoint.maximumSamples
        if segment.count >= pipeline.endpoint.maximumSamples, isDivided || next == frames.count {
            end(.maximum, &effects)
        }
        return next < frames.count ? next : nil
    }

    private func begin(_ served: Served, _ configuration: VectorConfiguration) -> VectorSegment {
        let segment = VectorSegment(
            served: served, configuration: configuration, pipeline: pipeline, normalization: normalization)
        segment.name(channels: channels)
        open = segment
        return segment
    }

    func note(lost: UInt64) { self.lost = self.lost.addingSaturating(lost) }

    func greet(_ hello: StreamHello) {
        channels = hello.channels
        open?.name(channels: channels)
    }

    static func missing(in hello: StreamHello, for model: Model) -> [String] {
        guard case .vectors(let configuration) = model.input else { return [] }
        return ChannelOrder(of: configuration.channels, among: hello.channels).missing
    }

    func changeHand() { normalization = nil }

    func restart() {
        timeline.restart()
        lost = 0
    }

    func end(_ ending: LabelEvent.Ending, _ effects: inout PacketEffects<VectorSegment>) {
        guard let segment = open else { return }
        normalization = segment.normalization
        open = nil
        effects.close(segment, ending, keepsHop: ending == .maximum)
    }

    // MARK: Reading

    func nextWindow(atRest: Bool) -> WindowRequest? { open?.nextWindow() }
    func receive(_ output: OutputSequence) { open?.receiveWindow(output) }
    var hasCaughtUp: Bool { open?.hasCaughtUp ?? false }
    var hasNews: Bool { open?.hasNews ?? false }
    func partial() -> SegmentReading { open?.partial() ?? .nothing }
    func giveUpReading() { open?.giveUpReading() }

    var owesReading: Bool { open?.hasEndedStretches ?? false }
    func nextOwedWindow() -> WindowRequest? { open?.nextOwedWindow() }
    func receiveOwed(_ output: OutputSequence) { open?.receiveOwed(output) }
}

/// A stream of feature vectors.
final class VectorSession: KnownSession {
    let session: StreamSession<VectorInput>

    init(_ session: StreamSession<VectorInput>) { self.session = session }
}

extension Pipeline.Input {
    /// Feature vectors of a sensor.
    public static let features = Pipeline.Input(name: "features", session: VectorSession.self)
}
