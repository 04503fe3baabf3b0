import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// A kind of input that Sources know nothing of: a row of keys, each pressed with some force; a chord ends with the pedal.
struct KeyPress: StreamPacket {
    var epoch: UInt64 = 1
    var sequence: UInt64
    var forces: [Float] = []
    var pedal = false

    var role: PacketRole { pedal ? .end(.explicit) : .input }
    var byteCount: Int { 64 + forces.count * 4 }
    func greeting(with hello: StreamHello) -> KeyPress { self }
}

struct EndedKeys: EndedSegment {
    var served: Served
    var vectors: SensorVectors

    var facts: SegmentFacts { SegmentFacts(count: vectors.values.count / vectors.channels.count) }
    var byteCount: Int { 64 + vectors.values.count * 4 }
    var frames: Int { facts.count }
    var evidence: Evidence? { .vectors(vectors) }
    mutating func next() -> FinalStep { .whole(.vectors(vectors), precedingText: "") }
    func reading(of recognition: Recognition, alternatives: Int) -> SegmentReading {
        SegmentReading(text: recognition.text, committed: recognition.text.unicodeScalars.count)
    }
}

struct Keys: InputKind {
    private var open: EndedKeys?

    init(_ pipeline: Pipeline) {}

    var isOpen: Bool { open != nil }
    var served: Served? { open?.served }
    var facts: SegmentFacts { open?.facts ?? SegmentFacts() }
    var byteCount: Int { open?.byteCount ?? 0 }

    mutating func receive(
        _ packet: KeyPress, from first: Int, _ effects: inout PacketEffects<EndedKeys>
    ) throws(PacketRefusal) -> Int? {
        let served = open?.served ?? effects.current()
        guard case .vectors(let configuration) = served.model.input else { throw .kind }
        var keys =
            open
            ?? EndedKeys(
                served: served,
                vectors: SensorVectors(channels: configuration.channels, rate: configuration.rate, values: []))
        keys.vectors.values += packet.forces
        open = keys
        effects.samples = UInt64(packet.forces.count / configuration.channels.count)
        return nil
    }

    mutating func end(_ ending: LabelEvent.Ending, _ effects: inout PacketEffects<EndedKeys>) {
        if let keys = open { effects.close(keys, ending) }
        open = nil
    }

    mutating func note(lost: UInt64) {}
    mutating func greet(_ hello: StreamHello) {}
    mutating func changeHand() {}
    mutating func restart() {}
    mutating func nextWindow(atRest: Bool) -> WindowRequest? { nil }
    mutating func receive(_ output: OutputSequence) {}
    var hasCaughtUp: Bool { true }
    var hasNews: Bool { false }
    mutating func partial() -> SegmentReading { SegmentReading() }
    mutating func giveUpReading() {}
}

@Suite struct OtherKindTests {
    @Test func aKindThatSourcesDoNotKnowIsReadLikeTheirs() throws {
        let (clock, collector) = (HandClock(), Collector())
        let model = try TinyVectorModel.make(task: .transcription)
        let pipeline = Pipeline(
            name: "keys", input: .init(name: "keys", kind: Keys.self),
            models: SharedModel(Served(model: model, generation: .init(number: 4))), decoding: .bestPath)
        let lane = Lane(clock: clock, sink: collector)
        let forces = (0..<300).map { Float($0 % 17) / 4 - 2 }
        let stream = StreamName.named("piano")
        for (number, part) in [forces[..<120], forces[120...]].enumerated() {
            lane.receive(
                KeyPress(sequence: UInt64(number), forces: Array(part)), of: stream, pipeline: pipeline, arrived: 1)
        }
        lane.receive(KeyPress(sequence: 2, pedal: true), of: stream, pipeline: pipeline, arrived: 2)
        // A packet of another kind is told apart.
        lane.receive(
            InkPacket(epoch: 1, sequence: 3, content: .endOfSegment), of: stream, pipeline: pipeline, arrived: 3)
        lane.settle()
        let final = try #require(collector.finals.first)
        let recording = SensorRecording(
            id: "", subject: "", rate: 50, channels: TinyVectorModel.configuration.channels, values: forces)
        #expect(try final.text == SensorRecognizer(model: model).transcribe(recording).text)
        #expect(!final.text.isEmpty && final.sampleCount == 100 && final.generation.number == 4)
        #expect(collector.finals.count == 1 && collector.refused == [.kind])
        #expect(collector.finishedSegments.first?.byteCount == 1200)
    }
}
