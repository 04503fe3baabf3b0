/// The errors of an architecture.
public enum ArchitectureError: Error, Equatable, CustomStringConvertible {
    case noLayers
    case tooManyLayers(Int)
    case unknownKind(String, known: [String])
    case outOfRange(layer: Int?, what: String, value: Int)
    case widthMismatch(layer: Int, expected: Int, found: Int)
    case dropoutOutOfRange(layer: Int, value: Float)
    case residualNeedsEqualWidth(layer: Int, input: Int, output: Int)
    case logSoftmaxNotLast(layer: Int)
    case impossibleLayer(layer: Int, reason: String)
    case sourceMissing(layer: Int, source: LayerSource)
    case wrongSourceCount(layer: Int, allowed: ClosedRange<Int>, found: Int)
    case badHead(name: String, reason: String)

    public var description: String {
        switch self {
        case .noLayers:
            "architecture: it has no layers"
        case .tooManyLayers(let count):
            "architecture: \(count) layers; at most 64 are supported"
        case .unknownKind(let name, let known):
            "architecture: there is no layer of kind \"\(name)\"; known are \(known.joined(separator: ", "))"
        case .outOfRange(let layer, let what, let value):
            "architecture\(layer.map { ", layer \($0)" } ?? ""): \(what) is \(value), which is out of range"
        case .widthMismatch(let layer, let expected, let found):
            "architecture, layer \(layer): its input width is \(found), but what comes before it gives \(expected)"
        case .dropoutOutOfRange(let layer, let value):
            "architecture, layer \(layer): dropout is \(value); it must be at least 0 and below 1"
        case .residualNeedsEqualWidth(let layer, let input, let output):
            "architecture, layer \(layer): a residual needs equal widths, but input is \(input) and output \(output)"
        case .logSoftmaxNotLast(let layer):
            "architecture, layer \(layer): logSoftmax can only be the last layer"
        case .impossibleLayer(let layer, let reason):
            "architecture, layer \(layer): \(reason)"
        case .sourceMissing(let layer, let source):
            "architecture, layer \(layer): it reads \(source.name), but only inputs and earlier layers can be read"
        case .wrongSourceCount(let layer, let allowed, let found):
            "architecture, layer \(layer): it reads \(found) sources; its kind takes "
                + (allowed.count == 1 ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)")
        case .badHead(let name, let reason):
            "architecture, head \(name): \(reason)"
        }
    }
}

extension LayerSource {
    fileprivate var name: String {
        switch self {
        case .input(let index): "input \(index)"
        case .layer(let index): "layer \(index)"
        }
    }
}
