/// A set of a network's parameters: those that an optimizer may change, or those that decay.
public struct ParameterMask: Sendable, Hashable {
    /// Parts of the flat buffer, ascending, apart from each other.
    public let ranges: [Range<Int>]

    /// The tensors that `isIncluded` accepts.
    public init(_ layout: ParameterLayout, where isIncluded: (ParameterTensor) -> Bool) {
        var ranges: [Range<Int>] = []
        for tensor in layout.tensors where isIncluded(tensor) {
            if let last = ranges.last, last.upperBound == tensor.offset {
                ranges[ranges.count - 1] = last.lowerBound..<tensor.range.upperBound
            } else {
                ranges.append(tensor.range)
            }
        }
        self.ranges = ranges
    }

    /// All parameters.
    public static func all(_ layout: ParameterLayout) -> ParameterMask {
        ParameterMask(layout) { _ in true }
    }

    /// The parameters of some layers.
    public static func layers(_ layers: [Int], _ layout: ParameterLayout) -> ParameterMask {
        ParameterMask(layout) { layers.contains($0.layer) }
    }

    /// The last layer that has parameters.
    public static func output(_ layout: ParameterLayout) -> ParameterMask {
        let last = layout.tensors.last?.layer
        return ParameterMask(layout) { $0.layer == last }
    }

    /// Matrices and kernels, not biases: what usually decays.
    public static func weights(_ layout: ParameterLayout) -> ParameterMask {
        ParameterMask(layout, where: \.isWeight)
    }

    /// The number of parameters in the mask.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The parameters in both masks.
    public func intersection(_ other: ParameterMask) -> ParameterMask {
        var common: [Range<Int>] = []
        for range in ranges {
            for otherRange in other.ranges where otherRange.overlaps(range) {
                common.append(range.clamped(to: otherRange))
            }
        }
        return ParameterMask(ranges: common)
    }

    /// Takes the gradient of everything else away, so that a norm counts only what is trained.
    public func apply(to gradient: inout [Float]) {
        var start = 0
        for range in ranges + [gradient.count..<gradient.count] {
            for index in start..<range.lowerBound { gradient[index] = 0 }
            start = range.upperBound
        }
    }

    /// The parameters in this mask and not in the other.
    func subtracting(_ other: ParameterMask) -> ParameterMask {
        var rest: [Range<Int>] = []
        for range in ranges {
            var start = range.lowerBound
            for hole in other.ranges where hole.overlaps(range) {
                if hole.lowerBound > start { rest.append(start..<hole.lowerBound) }
                start = hole.upperBound
            }
            if start < range.upperBound { rest.append(start..<range.upperBound) }
        }
        return ParameterMask(ranges: rest)
    }

    init(ranges: [Range<Int>]) {
        self.ranges = ranges
    }
}
