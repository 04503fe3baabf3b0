import DuctusDecoding
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import Synchronization

/// Time that only the test moves.
package final class HandClock: Clock {
    private let nanoseconds = Mutex<Int64>(1_000_000_000)

    package init() {}

    package var monotonic: Int64 { nanoseconds.withLock { $0 } }
    package var unixMicroseconds: Int64 { 1_700_000_000_000_000 + monotonic / 1000 }

    package func advance(seconds: Double) {
        nanoseconds.withLock { $0 += Int64(seconds * 1e9) }
    }
}

/// Keeps what a lane gives out.
package final class Collector: LabelSink {
    private let kept = Mutex<[LabelEvent]>([])
    private let ended = Mutex<[FinishedSegment]>([])

    package init() {}

    package var finishedSegments: [FinishedSegment] { ended.withLock { $0 } }
    package var events: [LabelEvent] { kept.withLock { $0 } }
    package var finals: [LabelEvent] { events.filter { $0.state == .final } }
    package func publish(_ event: LabelEvent) { kept.withLock { $0.append(event) } }
    package func finished(_ segment: FinishedSegment) { ended.withLock { $0.append(segment) } }

    private let refusals = Mutex<[PacketRefusal]>([])
    package var refused: [PacketRefusal] { refusals.withLock { $0 } }
    package func refused(_ stream: StreamName, because reason: PacketRefusal) {
        refusals.withLock { $0.append(reason) }
    }

    private let released = Mutex<[(client: ClientIdentifier, stream: StreamName, reason: String)]>([])
    /// Segments that were let go of unread.
    package var gaveUp: [(client: ClientIdentifier, stream: StreamName, reason: String)] { released.withLock { $0 } }
    package func gaveUp(_ client: ClientIdentifier, _ stream: StreamName, because reason: String) {
        released.withLock { $0.append((client, stream, reason)) }
    }

    private let failures = Mutex<[String]>([])
    /// Why windows of open segments could not be read.
    package var failed: [String] { failures.withLock { $0 } }
    package func failed(_ stream: StreamName, because reason: String) { failures.withLock { $0.append(reason) } }

    private let lacking = Mutex<[[String]]>([])
    /// The channels that hellos lacked, one entry for each hello.
    package var missing: [[String]] { lacking.withLock { $0 } }
    package func missing(_ channels: [String], in stream: StreamName) { lacking.withLock { $0.append(channels) } }
}

extension StreamName {
    package static func named(_ text: String) -> StreamName {
        guard let name = StreamName(text) else { fatalError("\(text) is not a stream name") }
        return name
    }
}

/// A small network with wild weights: it reads nonsense, but a different nonsense from every ink.
package enum TinyModel {
    /// - Parameter isSure: it is certain of its nonsense, and writes without spaces: what is stable is committed symbol by symbol.
    package static func make(seed: UInt64 = 1, wildness: Float = 5, isSure: Bool = false) throws -> Model {
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
        var calibration = Calibrations()
        if isSure {
            for decoding in Recognizer.Decoding.allCases {
                calibration[decoding] = Calibration(knots: [.init(raw: 0, probability: 1)])
            }
        }
        return Model(
            name: "tiny", network: network, input: .ink(FeatureConfiguration()),
            alphabet: isSure ? try letters() : .printableASCII,
            standardization: .identity(9), calibration: calibration)
    }

    private static func letters() throws -> Alphabet {
        try Alphabet(symbols: Alphabet.printableASCII.symbols.map { $0 == " " ? "\u{b7}" : $0 })
    }

    package static func store(seed: UInt64 = 1, isSure: Bool = false) throws -> SharedModel {
        SharedModel(Served(model: try make(seed: seed, isSure: isSure), generation: .init(number: seed)))
    }
}

/// A pen that scribbles letter-like loops along a line, 100 reports a second.
package struct ScribblingPen {
    private var generator: SplitMix64
    private var x: Float = 100
    private var lineY: Float = 1000
    package private(set) var time: Int64 = 5_000_000
    /// Everything it drew with contact, stroke by stroke.
    package private(set) var strokes: [Stroke] = []

    package init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
    }

    /// One stroke of about a letter's width, and the hover report after it.
    package mutating func letter() -> [PenSample] {
        let width = 30 + 20 * Float(generator.uniform())
        let height = 40 + 30 * Float(generator.uniform())
        let phase = 6.28 * Float(generator.uniform())
        let count = 14 + Int(10 * generator.uniform())
        var samples: [Sample] = []
        for index in 0..<count {
            let share = Float(index) / Float(count - 1)
            let angle = phase + 9 * share
            samples.append(
                Sample(
                    x: x + width * share + 8 * cosine(angle), y: lineY - height * 0.5 * (1 + cosine(angle + 1)),
                    time: time))
            time += 10_000
        }
        x += width + 12
        strokes.append(Stroke(samples))
        let lifted = Sample(x: x, y: lineY, time: time)
        time += 60_000
        return samples.map { PenSample($0) } + [PenSample(lifted, contact: false)]
    }

    package mutating func letters(_ count: Int) -> [[PenSample]] { (0..<count).map { _ in letter() } }

    package mutating func rest(seconds: Double) { time += Int64(seconds * 1e6) }

    package mutating func nextLine() {
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
package struct TestPublisher {
    package let stream: StreamName
    package let pipeline: Pipeline
    package var client: ClientIdentifier
    package var epoch: UInt64 = 7
    package var sequence: UInt64 = 0

    package init(_ name: String, _ pipeline: Pipeline, client: String = "test") {
        stream = .named(name)
        self.pipeline = pipeline
        self.client = ClientIdentifier(client)
    }

    package mutating func packet(_ content: InkPacket.Content) -> InkPacket {
        defer { sequence += 1 }
        return InkPacket(epoch: epoch, sequence: sequence, content: content)
    }

    package mutating func send(_ content: InkPacket.Content, to lane: Lane, at clock: HandClock) {
        lane.receive(packet(content), of: stream, from: client, pipeline: pipeline, arrived: clock.unixMicroseconds)
    }

    package mutating func send(_ samples: [PenSample], to lane: Lane, at clock: HandClock) {
        send(.samples(samples, firstStroke: nil), to: lane, at: clock)
    }
}

extension Lane {
    /// Turns until nothing is due.
    package func settle() {
        while turn() {}
    }
}
