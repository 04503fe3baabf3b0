/// Puts what several layers give side by side, frame by frame: the skips of a U-shaped network.
///
/// Sources wait for each other as those of `Sum` do.
public struct Concatenation: LayerKind {
    public static let name = "concatenation"
    public static let sourceCounts = 2...8
    public static let readsSourcesTogether = true

    /// A layer that needs no settings: the widths follow from its sources.
    public init() {}

    public func output(of inputs: [Int]) -> Int { inputs.reduce(0, +) }

    public func validate(_ check: LayerCheck) throws(ArchitectureError) {
        try check.output(check.inputs.reduce(0, +))
    }

    public func state(for inputs: [Int]) -> StateShape { LateFrames.state(inputs) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer {
        PreparedConcatenation(settings)
    }
}

final class PreparedConcatenation: PreparedLayer {
    private let widths: [Int]
    /// The offset of each source's numbers in a row of output.
    private let columns: [Int]
    private let output: Int

    init(_ settings: LayerSettings) {
        widths = settings.inputs
        var total = 0
        columns = settings.inputs.map { width in
            defer { total += width }
            return total
        }
        output = total
    }

    func prepare(_ parameters: UnsafePointer<Float>) {}

    func forward(_ call: LayerCall) {
        for source in widths.indices {
            let width = widths[source]
            LateFrames(call, widths).forEachRun(of: source) { rows, first, count in
                for row in 0..<count {
                    (call.y + (first + row) * output + columns[source]).update(from: rows + row * width, count: width)
                }
            }
        }
        LateFrames(call, widths).carry()
    }

    func backward(_ call: LayerReturn) {
        for source in widths.indices {
            guard let dx = call.derivative(of: source) else { continue }
            LateFrames.scatter(call, source, width: widths[source], to: dx) { $0 * output + columns[source] }
        }
    }
}

extension Layer {
    /// Puts what several layers give side by side.
    public static func concatenation(_ from: LayerSource...) -> Layer { Layer(Concatenation(), from: from) }
}
