/// Makes each channel of a sequence free of its mean and scale over time, then gives it a scale and an offset of its
/// own (Ulyanov et al. 2016). PyTorch's `InstanceNorm1d` with its affine parameters.
///
/// In a stream the mean and scale are those of all frames seen so far, the window's lookahead among them; so a chunk
/// gives what the whole pass gives where everything that is still to come is its lookahead.
public struct InstanceNorm: Normalization {
    public static let name = "instanceNorm"

    public var `in`: Int
    public var epsilon: Float

    /// A normalization of frames of `in` numbers over a sequence. `epsilon` is added to the variance.
    public init(in: Int, epsilon: Float = 1e-5) {
        self.in = `in`
        self.epsilon = epsilon
    }

    /// The number of committed frames, their mean, and the sum of their squared differences from it.
    public func state(for inputs: [Int]) -> StateShape { StateShape(count: 1 + 2 * self.in) }

    public func prepare(_ settings: LayerSettings) -> any PreparedLayer { PreparedInstanceNorm(self) }
}

extension Layer {
    /// Makes each channel of a sequence free of its mean and scale over time.
    public static func instanceNorm(_ kind: InstanceNorm) -> Layer { Layer(kind) }
}
