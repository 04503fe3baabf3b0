import CDuctusKernels

/// Turns scores into natural-log probabilities; only as the last layer of a head.
public struct LogSoftmax: LayerKind {
    public static let name = "logSoftmax"
    public static let endsHead = true

    /// A layer that needs no settings: the width follows from its source.
    public init() {}

    public func output(of inputs: [Int]) -> Int { inputs[0] }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedLogSoftmax(width: settings.inputs[0])
    }
}

/// It has no backward pass of its own, because the losses give their derivative by its input.
final class PreparedLogSoftmax: PreparedLayer {
    private let width: Int

    init(width: Int) {
        self.width = width
    }

    func prepare(_ parameters: UnsafePointer<Float>) {}

    func forward(_ call: LayerCall) {
        call.kernels.table.pointee.log_softmax(call.x, call.y, call.input.frames, width)
    }

    func backward(_ call: LayerReturn) {}
}

extension Layer {
    /// Turns scores into natural-log probabilities; only as the last layer of a head.
    public static let logSoftmax = Layer(LogSoftmax())
}
