import CDuctusKernels

/// A recurrent layer, ready to run. The kernels multiply the inputs as they go, so that what a batch's inputs give to
/// its gates never leaves the cache.
///
/// Unchecked, because its memory is written only in `prepare`, which its owner calls while no other thread reads it.
final class PreparedRecurrent: PreparedLayer, @unchecked Sendable {
    let layer: Recurrent
    let precision: Precision
    /// The weights of each direction's inputs. The bias is the sum of both of PyTorch's.
    private let products: [PreparedProduct]
    /// The transposed weights for the backward pass: gates · hidden rows per direction, forward above backward. Nil for
    /// inference.
    private let product: PreparedProduct?
    private let forwardPacked: [Memory<UInt8>]
    /// The packed weights for the backward pass; empty for inference.
    private let backwardPacked: [Memory<UInt8>]
    private let kernels: Kernels

    /// The layer's buffers in a call's record.
    enum Buffer {
        /// The gates, both directions side by side.
        static let gates = 0
        /// The activations that the kernels keep for the backward pass, a part for each direction.
        static let cells = 1
        /// h before dropout and residual.
        static let hidden = 2
        /// Initial and final h and c of the forward direction.
        static let states = 3
    }

    let masksItself = true

    init(_ layer: Recurrent, _ settings: LayerSettings) {
        self.layer = layer
        precision = settings.precision
        kernels = settings.kernels
        let trains = settings.trains
        products = (0..<layer.directions).map { _ in
            PreparedProduct(outputs: layer.rows, inputs: layer.in, settings)
        }
        product =
            trains ? PreparedProduct(outputs: layer.directions * layer.rows, inputs: layer.in, settings) : nil
        forwardPacked = (0..<layer.directions).map { _ in Memory() }
        backwardPacked = trains ? (0..<layer.directions).map { _ in Memory() } : []
    }

    /// Takes up the layer's parameters: for each direction weight_ih, weight_hh, bias_ih, bias_hh.
    func prepare(_ parameters: UnsafePointer<Float>) {
        let table = kernels.table.pointee
        let (rows, hidden) = (layer.rows, Int32(layer.hidden))
        let code = layer.cell.code
        for direction in 0..<layer.directions {
            let tensors = DirectionParameters(layer, direction)
            products[direction].pack(parameters + tensors.inputWeights)
            let bias = products[direction].bias.pointer
            for row in 0..<rows {
                // The kernels add the gru's b_hn inside, where the reset gate scales it.
                let isNew = layer.cell == .gru && row >= 2 * layer.hidden
                bias[row] = parameters[tensors.inputBias + row] + (isNew ? 0 : parameters[tensors.hiddenBias + row])
            }
            let weights = parameters + tensors.hiddenWeights
            table.recurrent_pack(
                code, hidden, precision.code, weights,
                layer.cell == .gru ? parameters + tensors.hiddenBias + 2 * layer.hidden : nil,
                forwardPacked[direction].reserve(table.recurrent_pack_size(code, hidden, precision.code)))
            guard let product else { continue }
            table.recurrent_pack_transposed(
                code, hidden, weights,
                backwardPacked[direction].reserve(table.recurrent_pack_transposed_size(code, hidden)))
            let both = product.weights.reserve(product.outputs * layer.in)
            (both + direction * rows * layer.in).update(from: parameters + tensors.inputWeights, count: rows * layer.in)
        }
        product?.packTransposed()
    }

    /// Columns of the gates' matrix: those of both directions.
    var gateColumns: Int { layer.directions * layer.rows }

    /// d loss / d x from d loss / d gates of both directions.
    func multiplyGates(rows: Int, gates: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>) {
        product?.applyTransposed(rows: rows, dy: gates, dx: dx)
    }

    /// One direction as the kernels see it.
    func kernelLayer(_ direction: Int) -> ductus_recurrent {
        ductus_recurrent(
            cell: layer.cell.code, precision: precision.code, hidden: Int32(layer.hidden),
            forward: forwardPacked[direction].pointer,
            backward: product == nil ? nil : UnsafeRawPointer(backwardPacked[direction].pointer))
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        let frames = call.input.frames
        // The product of input and weights is a large product, too, and is computed before the kernels walk over the
        // frames.
        let isLarge = table.has_large_products && precision == .fp32
        let gates =
            call.keepsActivations || isLarge ? call.record.floats(Buffer.gates).reserve(frames * gateColumns) : nil
        let count = frames * layer.output
        let keepsHidden = call.keepsActivations && (call.mask != nil || layer.residual)
        let hidden = keepsHidden ? call.record.floats(Buffer.hidden).reserve(count) : call.y
        let cells =
            call.keepsActivations
            ? call.record.floats(Buffer.cells).reserve(layer.directions * frames * layer.hidden) : nil
        let scratch = call.scratch.reserve(scratchSize(sequences: call.input.sequences))
        let states = loadStates(call)
        var batch = call.input.batch
        for direction in 0..<layer.directions {
            var kernelLayer = kernelLayer(direction)
            var pass = ductus_recurrent_pass()
            pass.reversed = direction == 1
            pass.gates = gates.map { $0 + direction * layer.rows }
            pass.gates_stride = gateColumns
            if isLarge, let gates {
                products[direction].apply(
                    rows: frames, x: call.x, stride: layer.in, y: gates + direction * layer.rows,
                    outputStride: gateColumns,
                    scratch: call.scratch)
            } else {
                pass.input = call.x
                pass.input_stride = layer.in
                pass.inputs = Int32(layer.in)
                pass.input_weights = products[direction].packedWeights
                pass.input_bias = products[direction].bias.constant
            }
            pass.cells = cells.map { $0 + direction * frames * layer.hidden }
            pass.output = hidden + direction * layer.hidden
            pass.output_stride = layer.output
            if direction == 0, let states {
                pass.initial_h = UnsafePointer(states.initial)
                pass.final_h = states.final
                if layer.cell == .lstm {
                    pass.initial_c = UnsafePointer(states.initial + states.vector)
                    pass.final_c = states.final + states.vector
                }
                pass.final_after = UnsafePointer(call.input.commits)
            }
            table.recurrent_forward(&kernelLayer, &batch, &pass, scratch)
        }
        storeStates(call, states)

        if let mask = call.mask {
            table.multiply(hidden, mask, call.y, count)
        } else if keepsHidden {
            call.y.update(from: hidden, count: count)
        }
        if layer.residual { table.add_scaled(1, call.x, call.y, count) }
    }

    private func scratchSize(sequences: Int) -> Int {
        kernels.table.pointee.recurrent_input_scratch_size(
            layer.cell.code, Int32(layer.hidden), Int32(layer.in), Int32(sequences))
    }

    /// h (then c) of all sequences, as the kernels want them, before and after; each is `vector` numbers.
    struct States {
        let initial: UnsafeMutablePointer<Float>
        let final: UnsafeMutablePointer<Float>
        let vector: Int
    }

    func states(in record: LayerRecord, sequences: Int) -> States {
        let vector = sequences * layer.hidden
        let count = layer.cell.stateVectors * vector
        let memory = record.floats(Buffer.states).reserve(2 * count)
        return States(initial: memory, final: memory + count, vector: vector)
    }

    private func loadStates(_ call: LayerCall) -> States? {
        guard call.windows != nil else { return nil }
        let states = states(in: call.record, sequences: call.input.sequences)
        for sequence in 0..<call.input.sequences {
            guard let state = call.state(sequence)?.values else { continue }
            for part in 0..<layer.cell.stateVectors {
                (states.initial + part * states.vector + sequence * layer.hidden).update(
                    from: state + part * layer.hidden, count: layer.hidden)
            }
        }
        return states
    }

    private func storeStates(_ call: LayerCall, _ states: States?) {
        guard let states else { return }
        for sequence in 0..<call.input.sequences {
            guard let state = call.state(sequence)?.values else { continue }
            for part in 0..<layer.cell.stateVectors {
                (state + part * layer.hidden).update(
                    from: states.final + part * states.vector + sequence * layer.hidden, count: layer.hidden)
            }
        }
    }
}

/// The offsets of one direction's tensors within a recurrent layer's part of the flat buffer.
struct DirectionParameters {
    let inputWeights: Int
    let hiddenWeights: Int
    let inputBias: Int
    let hiddenBias: Int

    init(_ layer: Recurrent, _ direction: Int) {
        let size = layer.rows * (layer.in + layer.hidden + 2)
        inputWeights = direction * size
        hiddenWeights = inputWeights + layer.rows * layer.in
        inputBias = hiddenWeights + layer.rows * layer.hidden
        hiddenBias = inputBias + layer.rows
    }
}
