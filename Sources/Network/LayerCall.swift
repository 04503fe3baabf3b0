/// One layer's share of a forward pass.
public struct LayerCall {
    /// The kernels of the processor.
    public let kernels: Kernels
    /// Number of the layer within the network.
    let index: Int
    /// The layout of the frames of its first source.
    public let input: Boundary
    /// The layout of the frames of the output.
    public let output: Boundary
    /// The first source: input.frames × width.
    public let x: UnsafePointer<Float>
    /// output.frames × width.
    public let y: UnsafeMutablePointer<Float>
    /// The layer's own buffers of this pass.
    public let record: LayerRecord
    /// Scratch memory that the layers of a pass use in turn.
    public let scratch: Memory<UInt8>
    /// The streams that the sequences continue; nil where every sequence is whole.
    public let windows: [Window]?
    /// Training: everything that the way back needs stays in `record`.
    public let keepsActivations: Bool
    /// Factors of dropout for each number of y.
    public let mask: UnsafePointer<Float>?
    /// The sources behind the first.
    let others: OtherSources

    /// The layer's state of a stream; nil where sequences are whole, or where the layer has none.
    public func state(_ sequence: Int) -> LayerState? {
        windows?[sequence].state.layers[index]
    }

    /// The layout of a source's frames, and the frames.
    public func source(_ number: Int) -> (boundary: Boundary, x: UnsafePointer<Float>) {
        number == 0 ? (input, x) : (others.items[number - 1].boundary, others.items[number - 1].x)
    }
}

/// One layer's share of a backward pass.
public struct LayerReturn {
    /// The kernels of the processor.
    public let kernels: Kernels
    /// The layout of the frames of the layer's first source.
    public let input: Boundary
    /// The layout of the frames of its output.
    public let output: Boundary
    /// The layer's input, input.frames × width.
    public let x: UnsafePointer<Float>
    /// The layer's output, output.frames × width, before dropout unless the layer applies dropout itself.
    public let y: UnsafePointer<Float>
    /// The loss' derivative by the layer's output; may be overwritten.
    public let dy: UnsafeMutablePointer<Float>
    /// Receives the loss' derivative by the first source; nil where nobody asks.
    public let dx: UnsafeMutablePointer<Float>?
    /// Receives, by adding, the derivative by the layer's parameters: where they begin in the flat buffer.
    public let gradient: UnsafeMutablePointer<Float>
    /// The layer's own buffers, as the forward pass left them.
    public let record: LayerRecord
    /// Scratch memory that the layers of a pass use in turn.
    public let shared: ReturnScratch
    /// Factors of dropout for each number of y; nil without dropout.
    public let mask: UnsafePointer<Float>?
    /// Sequences began with the states in `record`, not with zero.
    public let hasStates: Bool
    /// The sources behind the first.
    let others: OtherSources

    /// The layer reads one source.
    public var isAlone: Bool { others.items.isEmpty }

    /// The buffer for the loss' derivative by a source; nil if nobody asks for it.
    public func derivative(of source: Int) -> UnsafeMutablePointer<Float>? {
        source == 0 ? dx : others.items[source - 1].dx
    }

    /// The layout of a source's frames.
    public func boundary(of source: Int) -> Boundary {
        source == 0 ? input : others.items[source - 1].boundary
    }

    /// The frames of a source.
    public func frames(of source: Int) -> UnsafePointer<Float> {
        source == 0 ? x : others.items[source - 1].x
    }
}

/// The sources of a layer behind its first; used again from layer to layer.
final class OtherSources {
    struct Item {
        let boundary: Boundary
        let x: UnsafePointer<Float>
        let dx: UnsafeMutablePointer<Float>?
    }

    var items: [Item] = []
}
