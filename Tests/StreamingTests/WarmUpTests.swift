import DuctusNetwork
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Synchronization
import Testing

/// A layer that changes nothing, and notes how it was run.
private struct PassCounter: LayerKind {
    struct Pass: Hashable {
        var precision: Precision
        /// With the state of a stream, as partials are read; otherwise whole, as finals are.
        var isWindow: Bool
    }

    static let name = "testPassCounter"
    static let passes = Mutex<Set<Pass>>([])

    func output(of inputs: [Int]) -> Int { inputs[0] }

    func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        Prepared(width: settings.inputs[0], precision: settings.precision)
    }

    private final class Prepared: PreparedLayer {
        let width: Int
        let precision: Precision

        init(width: Int, precision: Precision) {
            self.width = width
            self.precision = precision
        }

        func prepare(_ parameters: UnsafePointer<Float>) {}

        func forward(_ call: LayerCall) {
            for sequence in 0..<call.input.sequences {
                let (first, count) = (Int(call.input.offsets[sequence]), Int(call.input.lengths[sequence]))
                (call.y + first * width).update(from: call.x + first * width, count: count * width)
            }
            let pass = Pass(precision: precision, isWindow: call.windows != nil)
            PassCounter.passes.withLock { _ = $0.insert(pass) }
        }

        func backward(_ call: LayerReturn) {}
    }
}

@Suite struct WarmUpTests {
    @Test func everyKindOfModelIsRunInEachWayThatItsStreamsAreRead() throws {
        for model in [
            try TinyModel.make(), try TinyVectorModel.make(), try TinyVectorModel.make(task: .transcription),
        ] {
            let plain = model.network
            let architecture = Architecture(
                input: plain.architecture.input, layers: [Layer(PassCounter())] + plain.architecture.layers)
            let counting = model.with(network: try Network(architecture: architecture, parameters: plain.parameters))
            // Partials of ink are read with a copy in 16 bits.
            let precisions: [Precision] = counting.input.isReadAnew ? [.fp32, .bf16] : [.fp32]
            let expected = precisions.flatMap { precision in
                [true, false].map { PassCounter.Pass(precision: precision, isWindow: $0) }
            }
            for decoding in Recognizer.Decoding.allCases {
                PassCounter.passes.withLock { $0 = [] }
                try Served(model: counting, generation: .init(number: 0)).warmUp(decoding: decoding)
                #expect(PassCounter.passes.withLock { $0 } == Set(expected), "\(model.name), \(decoding.rawValue)")
            }
        }
    }
}
