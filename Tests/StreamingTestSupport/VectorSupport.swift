import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming

/// A small network with wild weights that reads vectors of three channels at 50 Hz, two to a frame.
package enum TinyVectorModel {
    package static let configuration = VectorConfiguration(channels: ["x", "y", "z"], rate: 50, stack: 2)
    package static let names = ["REST", "WALK", "JUMP", "TURN"]

    /// - Parameter context: frames that a convolution sees on each side; 0: there is none.
    package static func make(
        seed: UInt64 = 1, task: ModelTask = .frameLabels, bidirectional: Bool = true, context: Int = 0,
        transitions: TransitionModel? = nil, calibration: Calibrations = Calibrations(), wildness: Float = 4,
        configuration: VectorConfiguration = configuration
    ) throws -> Model {
        let alphabet = try Alphabet(symbols: names.map { task == .frameLabels ? $0 : String($0.prefix(1)) })
        let classes = task == .frameLabels ? names.count : alphabet.classCount
        let width = configuration.dimension
        let convolution = Convolution1D(
            in: width, out: width, kernel: 2 * context + 1, padding: context, activation: .tanh)
        let architecture = Architecture(
            input: width,
            layers: (context > 0 ? [.convolution1D(convolution)] : []) + [
                .recurrent(
                    .init(cell: .lstm, in: width, hidden: 8, bidirectional: bidirectional)),
                .linear(.init(in: bidirectional ? 16 : 8, out: classes)),
                .logSoftmax,
            ])
        let calm = try Network(architecture: architecture, seed: seed)
        let network = try Network(architecture: architecture, parameters: calm.parameters.map { $0 * wildness })
        return Model(
            name: "tiny-vectors", network: network, input: .vectors(configuration), task: task, alphabet: alphabet,
            standardization: .identity(width), calibration: calibration, transitions: transitions)
    }

    package static func pipeline(_ model: Model, window: WindowRule, endpoint: EndpointRule = EndpointRule())
        -> Pipeline
    {
        Pipeline(
            name: "sensor", input: .features, models: SharedModel(Served(model: model, generation: .init(number: 1))),
            decoding: .bestPath, window: window, endpoint: endpoint)
    }
}

/// A publisher of one sensor's stream: numbers its packets and keeps its clock.
package struct SensorPublisher {
    package let stream: StreamName
    package let pipeline: Pipeline
    package var epoch: UInt64 = 7
    package var sequence: UInt64 = 0
    /// µs; nil for a sensor without a clock.
    package var time: Int64? = 1_000_000
    package var rate: Float = 50

    package init(_ name: String, _ pipeline: Pipeline) {
        stream = .named(name)
        self.pipeline = pipeline
    }

    package mutating func send(_ content: FeaturePacket.Content, to lane: Lane, at clock: HandClock) {
        let packet = FeaturePacket(epoch: epoch, sequence: sequence, content: content)
        sequence += 1
        lane.receive(packet, of: stream, pipeline: pipeline, arrived: clock.unixMicroseconds)
    }

    /// Sends whole vectors, and lets the sensor's clock go on.
    package mutating func send(_ values: some Collection<Float>, channels: Int = 3, to lane: Lane, at clock: HandClock)
    {
        let frames = FeatureFrames(time: time, rate: rate, channels: channels, values: Array(values))
        send(.frames(frames), to: lane, at: clock)
        skip(frames.count)
    }

    /// Lets the clock pass as if so many vectors had been sent.
    package mutating func skip(_ vectors: Int) {
        if let time { self.time = time + Int64((Double(vectors) / Double(rate) * 1e6).rounded()) }
    }
}

extension SplitMix64 {
    /// Vectors of three channels that wander.
    package mutating func wanderingVectors(_ count: Int) -> [Float] {
        var (place, values): ([Float], [Float]) = ([0, 0, 0], [])
        for _ in 0..<count {
            for channel in 0..<3 {
                place[channel] = 0.9 * place[channel] + normal(deviation: 0.6)
                values.append(place[channel])
            }
        }
        return values
    }
}
