import Decoding
import Ink
import Network
import Randomness
import Recognition
import Streaming
import Synchronization

/// Time that only the test moves.
final class HandClock: Clock {
    private let nanoseconds = Mutex<Int64>(1_000_000_000)

    var monotonic: Int64 { nanoseconds.withLock { $0 } }
    var unixMicroseconds: Int64 { 1_700_000_000_000_000 + monotonic / 1000 }

    func advance(seconds: Double) {
        nanoseconds.withLock { $0 += Int64(seconds * 1e9) }
    }
}

/// Keeps what a lane gives out.
final class Collector: LabelSink {
    private let kept = Mutex<[LabelEvent]>([])

    var events: [LabelEvent] { kept.withLock { $0 } }
    var finals: [LabelEvent] { events.filter { $0.state == .final } }
    func publish(_ event: LabelEvent) { kept.withLock { $0.append(event) } }
}

extension StreamName {
    static func named(_ text: String) -> StreamName {
        guard let name = StreamName(text) else { fatalError("\(text) is not a stream name") }
        return name
    }
}

/// A small network with wild weights: it reads nonsense, but a different nonsense from every ink.
enum TinyModel {
    static func make(seed: UInt64 = 1, wildness: Float = 5) throws -> Model {
        let architecture = Architecture(
            input: 9,
            layers: [
                .convolution1D(.init(in: 9, out: 8, kernel: 4, stride: 2, activation: .silu)),
                .recurrent(.init(cell: .lstm, in: 8, hidden: 8, bidirectional: true)),
                .linear(.init(in: 16, out: 96)),
                .logSoftmax,
            ])
        let calm = try Network(architecture: architecture, seed: seed)
        let network = try Network(architecture: architecture, parameters: calm.parameters.map { $0 * wildness })
        return Model(
            name: "tiny", network: network, input: .ink(FeatureConfiguration()), alphabet: .printableASCII,
            standardization: .identity(9))
    }

    static func store(seed: UInt64 = 1) throws -> SharedModel {
        SharedModel(Served(model: try make(seed: seed), generation: .init(number: seed)))
    }
}

/// A pen that scribbles letter-like loops along a line, 100 reports a second.
struct ScribblingPen {
    var generator: SplitMix64
    var x: Float = 100
    var lineY: Float = 1000
    var time: Int64 = 5_000_000
    var stroke: UInt32 = 0
    /// Everything it drew with contact, stroke by stroke.
    var strokes: [Stroke] = []

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
    }

    /// One stroke of about a letter's width, and the hover report after it.
    mutating func letter() -> [PenSample] {
        let width = 30 + 20 * Float(generator.uniform())
        let height = 40 + 30 * Float(generator.uniform())
        let phase = 6.28 * Float(generator.uniform())
        let count = 14 + Int(10 * generator.uniform())
        var samples: [Sample] = []
        for index in 0..<count {
            let share = Float(index) / Float(count - 1)
            let angle = phase + 9 * share
            samples.append(
                Sample(x: x + width * share + 8 * cosine(angle), y: lineY - height * 0.5 * (1 + cosine(angle + 1)), time: time))
            time += 10_000
        }
        x += width + 12
        stroke += 1
        strokes.append(Stroke(samples))
        let lifted = Sample(x: x, y: lineY, time: time)
        time += 60_000
        return samples.map { PenSample($0) } + [PenSample(lifted, contact: false)]
    }

    mutating func letters(_ count: Int) -> [[PenSample]] { (0..<count).map { _ in letter() } }

    mutating func rest(seconds: Double) { time += Int64(seconds * 1e6) }

    mutating func nextLine() {
        x = 100
        lineY += 220
    }

    private func cosine(_ angle: Float) -> Float {
        // Enough of a cosine for a scribble, the same on every machine.
        let turn = (angle / 6.2831855).rounded()
        let a = angle - 6.2831855 * turn
        let b = a * a
        return 1 - b / 2 * (1 - b / 12 * (1 - b / 30 * (1 - b / 56)))
    }
}

/// A publisher of one stream: numbers its packets.
struct TestPublisher {
    let stream: StreamName
    let pipeline: Pipeline
    var epoch: UInt64 = 7
    var sequence: UInt64 = 0

    init(_ name: String, _ pipeline: Pipeline) {
        stream = .named(name)
        self.pipeline = pipeline
    }

    mutating func packet(_ content: InkPacket.Content) -> InkPacket {
        defer { sequence += 1 }
        return InkPacket(epoch: epoch, sequence: sequence, content: content)
    }

    mutating func send(_ content: InkPacket.Content, to lane: Lane, at clock: HandClock) {
        lane.receive(.ink(packet(content)), of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
    }

    mutating func send(_ samples: [PenSample], to lane: Lane, at clock: HandClock) {
        send(.samples(samples, firstStroke: nil), to: lane, at: clock)
    }
}

extension Lane {
    /// Turns until nothing is due.
    func settle() {
        while turn() {}
    }
}
