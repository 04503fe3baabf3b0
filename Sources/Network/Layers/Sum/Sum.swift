import CDuctusKernels

/// Adds the outputs of several layers, frame by frame: a residual connection over any number of layers.
///
/// Sources of one rate may lag behind each other by a few frames (convolutions do in a stream): the sum waits for the
/// slowest, and the others' frames wait in the stream's state. At the end the shortest decides.
public struct Sum: LayerKind {
    public static let name = "sum"
    public static let sourceCounts = 2...8
    public static let readsSourcesTogether = true

    /// A layer that needs no settings: the width follows from its sources.
    public init() {}

    public func output(of inputs: [Int]) -> Int { inputs[0] }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        for width in check.inputs { try check.input(width) }
    }

    public func state(for inputs: [Int]) -> StateShape { LateFrames.state(inputs) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedSum(settings)
    }
}

final class PreparedSum: PreparedLayer {
    private let widths: [Int]

    init(_ settings: LayerSettings) {
        widths = settings.inputs
    }

    func prepare(_ parameters: UnsafePointer<Float>) {}

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        let width = widths[0]
        for source in widths.indices {
            LateFrames(call, widths).forEachRun(of: source) { rows, first, count in
                let y = call.y + first * width
                if source == 0 {
                    y.update(from: rows, count: count * width)
                } else {
                    table.add_scaled(1, rows, y, count * width)
                }
            }
        }
        LateFrames(call, widths).carry()
    }

    func backward(_ call: LayerReturn) {
        for source in widths.indices {
            guard let dx = call.derivative(of: source) else { continue }
            LateFrames.scatter(call, source, width: widths[source], to: dx) { $0 * widths[0] }
        }
    }
}

extension Layer {
    /// Adds what several layers give.
    public static func sum(_ from: LayerSource...) -> Layer { Layer(Sum(), from: from) }
}
