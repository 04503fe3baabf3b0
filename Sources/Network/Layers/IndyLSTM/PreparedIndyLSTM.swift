import CDuctusKernels

/// An LSTM with diagonal recurrence, ready to run: a sequence's gates in one product, then the kernel walks along them
/// while they are in the cache.
final class PreparedIndyLSTM: PreparedLayer {
    private let layer: IndyLSTM
    /// One for each direction.
    private let products: [PreparedProduct]
    private let recurrent: [PreparedVector]
    private let trains: Bool

    private enum Buffer {
        /// A part for each direction.
        static let gates = 0
        static let cells = 1
        /// h before dropout and residual.
        static let hidden = 2
        /// For each sequence h and c before the window.
        static let states = 3
    }

    let masksItself = true

    init(_ layer: IndyLSTM, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        products = (0..<layer.directions).map { _ in
            PreparedProduct(outputs: 4 * layer.hidden, inputs: layer.in, settings)
        }
        recurrent = (0..<layer.directions).map { _ in PreparedVector() }
    }

    private var rows: Int { 4 * layer.hidden }
    private var output: Int { layer.hidden * layer.directions }
    /// Parameters of a direction: weight_ih, weight_hh, bias_ih.
    private var directionSize: Int { rows * layer.in + 2 * rows }

    func prepare(_ parameters: UnsafePointer<Float>) {
        for (direction, product) in products.enumerated() {
            let own = parameters + direction * directionSize
            product.weights.reserve(rows * layer.in).update(from: own, count: rows * layer.in)
            recurrent[direction].load(own + rows * layer.in, rows)
            product.bias.pointer.update(from: own + rows * layer.in + rows, count: rows)
            product.pack()
            if trains { product.packTransposed() }
        }
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        let (frames, hidden) = (call.input.frames, layer.hidden)
        let keeps = call.keepsActivations
        let keepsHidden = keeps && (call.mask != nil || layer.residual)
        let y = keepsHidden ? call.record.floats(Buffer.hidden).reserve(frames * output) : call.y
        var longest = 0
        for sequence in 0..<call.input.sequences { longest = max(longest, Int(call.input.lengths[sequence])) }
        let gates = call.record.floats(Buffer.gates).reserve((keeps ? layer.directions * frames : longest) * rows)
        let cells = keeps ? call.record.floats(Buffer.cells).reserve(layer.directions * frames * hidden) : nil
        let states =
            call.windows == nil ? nil : call.record.floats(Buffer.states).reserve(call.input.sequences * 2 * hidden)
        for sequence in 0..<call.input.sequences {
            let (offset, length) = (Int(call.input.offsets[sequence]), Int(call.input.lengths[sequence]))
            let state = call.state(sequence)?.values
            let before = states.map { $0 + sequence * 2 * hidden }
            if let state, let before { before.update(from: state, count: 2 * hidden) }
            for direction in 0..<layer.directions {
                let own = keeps ? gates + (direction * frames + offset) * rows : gates
                products[direction].apply(
                    rows: length, x: call.x + offset * layer.in, stride: layer.in, y: own, outputStride: rows,
                    scratch: call.scratch)
                let begins = direction == 0 ? before : nil
                let ends = direction == 0 ? state : nil
                var pass = ductus_diagonal_pass(
                    reversed: direction == 1, hidden: Int32(hidden), frames: Int32(length), gates: own,
                    gates_stride: rows,
                    weights: recurrent[direction].pointer,
                    cells: cells.map { $0 + (direction * frames + offset) * hidden },
                    output: y + offset * output + direction * hidden, output_stride: output,
                    initial_h: begins.map { UnsafePointer($0) }, initial_c: begins.map { UnsafePointer($0 + hidden) },
                    final_h: ends, final_c: ends.map { $0 + hidden },
                    final_after: ends == nil ? -1 : call.input.commits[sequence])
                table.diagonal_forward(&pass)
            }
        }
        if let mask = call.mask {
            table.multiply(y, mask, call.y, frames * output)
        } else if keepsHidden {
            call.y.update(from: y, count: frames * output)
        }
        if layer.residual { table.add_scaled(1, call.x, call.y, frames * output) }
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let (frames, hidden) = (call.input.frames, layer.hidden)
        var dh = call.dy
        if let mask = call.mask {
            // A residual needs dy itself, too.
            if layer.residual { dh = call.shared.floats(0).reserve(frames * output) }
            table.multiply(call.dy, mask, dh, frames * output)
        }
        let y =
            call.mask != nil || layer.residual ? call.record.floats(Buffer.hidden).constant : call.y
        let inputs = WeightGradient.rows(call.x, count: frames, stride: layer.in, in: call.shared.rows.0)
        let partial = call.dx == nil ? nil : call.shared.floats(1).reserve(frames * layer.in)
        for direction in 0..<layer.directions {
            let gates = call.record.floats(Buffer.gates).pointer + direction * frames * rows
            let gradient = call.gradient + direction * directionSize
            for sequence in 0..<call.input.sequences {
                let offset = Int(call.input.offsets[sequence])
                let before =
                    direction == 0 && call.hasStates
                    ? call.record.floats(Buffer.states).pointer + sequence * 2 * hidden : nil
                var pass = ductus_diagonal_gradient(
                    reversed: direction == 1, hidden: Int32(hidden), frames: call.input.lengths[sequence],
                    gates: gates + offset * rows, gates_stride: rows, weights: recurrent[direction].pointer,
                    cells: call.record.floats(Buffer.cells).pointer + (direction * frames + offset) * hidden,
                    output: y + offset * output + direction * hidden, output_stride: output,
                    initial_h: before.map { UnsafePointer($0) }, initial_c: before.map { UnsafePointer($0 + hidden) },
                    d_output: UnsafePointer(dh) + offset * output + direction * hidden, d_output_stride: output,
                    d_weights: gradient + rows * layer.in)
                table.diagonal_backward(&pass)
            }
            WeightGradient(call).add(
                frames: frames, dy: gates, stride: rows, outputs: rows, sums: gradient + rows * layer.in + rows,
                .init(rows: inputs, width: layer.in, outputs: rows, gradient: gradient))
            guard let dx = call.dx, let partial else { continue }
            products[direction].applyTransposed(rows: frames, dy: gates, dx: direction == 0 ? dx : partial)
            if direction == 1 { table.add_scaled(1, partial, dx, frames * layer.in) }
        }
        if layer.residual, let dx = call.dx { table.add_scaled(1, call.dy, dx, frames * output) }
    }
}
