/// The input of a convolution, laid out with what its outputs see: padding or a stream's last frames at the left,
/// padding at its end.
struct PaddedFrames {
    /// The convolution's buffers in a call's record.
    enum Buffer {
        /// The input with its left context and padding, each sequence for itself.
        static let padded = 0
        /// The sums before the activation.
        static let sums = 1
        /// The integer buffer with the begin of each sequence's padded input.
        static let starts = 0
    }

    private let layer: Convolution1D

    init(_ layer: Convolution1D) {
        self.layer = layer
    }

    /// Number, within its stream, of the first frame that a sequence's first output sees; negative within the padding.
    func leftEdge(_ output: Boundary, _ sequence: Int) -> Int {
        output.firsts[sequence] * layer.stride - layer.padding
    }

    /// Lays out each sequence with what its outputs see: padding or the stream's last frames at the left, padding at
    /// its end.
    func pad(_ call: LayerCall) {
        let starts = call.record.integers(Buffer.starts).reserve(call.input.sequences)
        var total = 0
        for sequence in 0..<call.input.sequences {
            starts[sequence] = total
            total += count(call.output, sequence) * layer.in
        }
        let padded = call.record.floats(Buffer.padded).reserve(total)
        let width = layer.in
        for sequence in 0..<call.input.sequences {
            let left = leftEdge(call.output, sequence)
            let first = call.input.firsts[sequence]
            let edge = first + Int(call.input.lengths[sequence])
            let frames = count(call.output, sequence)
            let window = call.x + Int(call.input.offsets[sequence]) * width
            var row = padded + starts[sequence]
            var frame = left
            let end = left + frames
            func fill(upTo limit: Int, from source: UnsafePointer<Float>?) {
                let count = min(limit, end) - frame
                guard count > 0 else { return }
                if let source {
                    row.update(from: source, count: count * width)
                } else {
                    row.update(repeating: 0, count: count * width)
                }
                row += count * width
                frame += count
            }
            fill(upTo: 0, from: nil)
            if frame < first {
                fill(
                    upTo: first,
                    from: (call.state(sequence)?.values).map { $0 + (frame - first + layer.span - 1) * width })
            }
            if frame < edge { fill(upTo: edge, from: window + (frame - first) * width) }
            fill(upTo: end, from: nil)
        }
    }

    func count(_ output: Boundary, _ sequence: Int) -> Int {
        let outputs = Int(output.lengths[sequence])
        return outputs == 0 ? 0 : (outputs - 1) * layer.stride + layer.span
    }

    /// A stream keeps the last of its committed frames, which the next output sees, too.
    func carry(_ call: LayerCall) {
        for sequence in 0..<call.input.sequences {
            if let context = call.state(sequence) { carry(call, sequence, context.values) }
        }
    }

    private func carry(_ call: LayerCall, _ sequence: Int, _ context: UnsafeMutablePointer<Float>) {
        let kept = layer.span - 1
        let width = layer.in
        let chunk = Int(call.input.commits[sequence])
        let window = call.x + Int(call.input.offsets[sequence]) * width
        if chunk >= kept {
            context.update(from: window + (chunk - kept) * width, count: kept * width)
        } else {
            context.update(from: context + chunk * width, count: (kept - chunk) * width)
            (context + (kept - chunk) * width).update(from: window, count: chunk * width)
        }
    }
}
