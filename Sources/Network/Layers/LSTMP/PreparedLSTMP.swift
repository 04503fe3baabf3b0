import CDuctusKernels

/// An LSTM with a projection of its units or a skip across time, ready to run: step by step over all sequences that are
/// that long.
final class PreparedLSTMP: PreparedLayer {
    let layer: LSTMP
    let parts: [Direction]
    private let trains: Bool

    /// One direction's products.
    final class Direction: Sendable {
        let input: PreparedProduct
        let recurrence: PreparedProduct
        /// The projection; nil where h has the units' own numbers.
        let projection: PreparedProduct?

        init(_ layer: LSTMP, _ settings: LayerSettings) {
            input = PreparedProduct(outputs: 4 * layer.hidden, inputs: layer.in, settings)
            recurrence = PreparedProduct(outputs: 4 * layer.hidden, inputs: layer.width, settings)
            projection =
                layer.projection > 0 ? PreparedProduct(outputs: layer.projection, inputs: layer.hidden, settings) : nil
        }
    }

    /// Buffers in a call's record; those of both directions lie behind each other.
    enum Buffer {
        static let gates = 0
        static let cells = 1
        /// o · tanh(c), before the projection.
        static let units = 2
        /// The inputs of the recurrence's products.
        static let inputs = 3
        /// Each direction's h, each sequence with `memory` frames before its first.
        static let outputs = 4
        /// The present c of all sequences, the c before the window, and what a step needs.
        static let step = 5
        static let initial = 6
    }

    init(_ layer: LSTMP, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        parts = (0..<layer.directions).map { _ in Direction(layer, settings) }
    }

    var rows: Int { 4 * layer.hidden }

    /// The offsets of a direction's tensors in the flat buffer.
    struct Places {
        let input: Int
        let recurrence: Int
        let inputBias: Int
        let hiddenBias: Int
        let projection: Int

        init(_ layer: LSTMP, _ direction: Int) {
            let rows = 4 * layer.hidden
            let size = rows * (layer.in + layer.width + 2) + layer.projection * layer.hidden
            input = direction * size
            recurrence = input + rows * layer.in
            inputBias = recurrence + rows * layer.width
            hiddenBias = inputBias + rows
            projection = hiddenBias + rows
        }
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        for (direction, part) in parts.enumerated() {
            let places = Places(layer, direction)
            for row in 0..<rows {
                part.input.bias.pointer[row] = parameters[places.inputBias + row] + parameters[places.hiddenBias + row]
            }
            load(part.input, parameters + places.input)
            load(part.recurrence, parameters + places.recurrence)
            if let projection = part.projection { load(projection, parameters + places.projection) }
        }
    }

    private func load(_ product: PreparedProduct, _ weights: UnsafePointer<Float>) {
        let count = product.outputs * product.inputs
        product.weights.reserve(count).update(from: weights, count: count)
        product.pack()
        if trains { product.packTransposed() }
    }

    /// Row of a sequence's first frame among those that have `memory` frames before each sequence.
    func row(_ input: Boundary, _ sequence: Int) -> Int {
        Int(input.offsets[sequence]) + (sequence + 1) * layer.memory
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        let (frames, sequences, width) = (call.input.frames, call.input.sequences, layer.width)
        let gates = call.record.floats(Buffer.gates).reserve(layer.directions * frames * rows)
        let outputRows = frames + sequences * layer.memory
        let outputs = call.record.floats(Buffer.outputs).reserve(layer.directions * outputRows * width)
        outputs.update(repeating: 0, count: layer.directions * outputRows * width)
        _ = call.record.floats(Buffer.step).reserve(sequences * (2 * layer.hidden + rows + width))
        _ = call.record.floats(Buffer.initial).reserve(sequences * layer.hidden)
        if call.keepsActivations {
            _ = call.record.floats(Buffer.cells).reserve(layer.directions * frames * layer.hidden)
            _ = call.record.floats(Buffer.units).reserve(layer.directions * frames * layer.hidden)
            _ = call.record.floats(Buffer.inputs).reserve(layer.directions * frames * width)
        }
        for (direction, part) in parts.enumerated() {
            part.input.apply(
                rows: frames, x: call.x, stride: layer.in, y: gates + direction * frames * rows, outputStride: rows,
                scratch: call.scratch)
            walk(call, direction, h: outputs + direction * outputRows * width)
        }
        for sequence in 0..<sequences {
            for direction in 0..<layer.directions {
                let before = (direction == 0 ? sequence + 1 : sequence) * layer.memory
                let own = outputs + (direction * outputRows + Int(call.input.offsets[sequence]) + before) * width
                for frame in 0..<Int(call.input.lengths[sequence]) {
                    let y = call.y + (Int(call.input.offsets[sequence]) + frame) * width * layer.directions
                    (y + direction * width).update(from: own + frame * width, count: width)
                }
            }
        }
        if let mask = call.mask { table.multiply(call.y, mask, call.y, frames * width * layer.directions) }
    }

    let masksItself = true

    /// One direction, from step to step.
    private func walk(_ call: LayerCall, _ direction: Int, h: UnsafeMutablePointer<Float>) {
        let table = call.kernels.table.pointee
        let (frames, sequences, hidden, width) = (call.input.frames, call.input.sequences, layer.hidden, layer.width)
        let part = parts[direction]
        let gates = call.record.floats(Buffer.gates).pointer + direction * frames * rows
        let cells = call.keepsActivations ? call.record.floats(Buffer.cells).pointer + direction * frames * hidden : nil
        let units = call.record.floats(Buffer.units).pointer + direction * frames * hidden
        let kept = call.record.floats(Buffer.inputs).pointer + direction * frames * width
        let c = call.record.floats(Buffer.step).pointer
        let (sums, seen) = (c + sequences * hidden, c + sequences * (hidden + rows))
        let unit = seen + sequences * width
        c.update(repeating: 0, count: sequences * hidden)
        if direction == 0 { begin(call, c, h) }
        var longest = 0
        for sequence in 0..<sequences { longest = max(longest, Int(call.input.lengths[sequence])) }
        let step = direction == 0 ? 1 : -1
        for time in 0..<longest {
            var active = 0
            for sequence in 0..<sequences where Int(call.input.lengths[sequence]) > time {
                let at = h + place(call.input, sequence, time, direction) * width
                let row = seen + active * width
                row.update(from: at - step * width, count: width)
                if layer.skip > 0 {
                    table.add_scaled(1, at - step * layer.skip * width, row, width)
                }
                active += 1
            }
            part.recurrence.apply(
                rows: active, x: seen, stride: width, y: sums, outputStride: rows, scratch: call.scratch)
            active = 0
            for sequence in 0..<sequences where Int(call.input.lengths[sequence]) > time {
                let row = frame(call.input, sequence, time, direction)
                let to = cells == nil ? unit + active * hidden : units + row * hidden
                table.lstm_step(
                    Int32(hidden), gates + row * rows, sums + active * rows, c + sequence * hidden,
                    cells.map { $0 + row * hidden }, to)
                if cells != nil {
                    (kept + row * width).update(from: seen + active * width, count: width)
                    (unit + active * hidden).update(from: to, count: hidden)
                }
                active += 1
            }
            project(call, direction, time, active, unit, h, scratch: seen)
            if direction == 0 { storeStates(call, after: time + 1, c, h) }
        }
    }

    /// Projects the units of a step to its h.
    private func project(
        _ call: LayerCall, _ direction: Int, _ time: Int, _ count: Int, _ unit: UnsafePointer<Float>,
        _ h: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let width = layer.width
        var from = unit
        if let projection = parts[direction].projection {
            projection.apply(
                rows: count, x: unit, stride: layer.hidden, y: scratch, outputStride: width, scratch: call.scratch)
            from = UnsafePointer(scratch)
        }
        var active = 0
        for sequence in 0..<call.input.sequences where Int(call.input.lengths[sequence]) > time {
            (h + place(call.input, sequence, time, direction) * width).update(from: from + active * width, count: width)
            active += 1
        }
    }

    /// The frame of the batch that a direction visits at a step.
    func frame(_ input: Boundary, _ sequence: Int, _ time: Int, _ direction: Int) -> Int {
        Int(input.offsets[sequence]) + (direction == 0 ? time : Int(input.lengths[sequence]) - 1 - time)
    }

    /// The offset among the rows that have others before each sequence. The backward direction's lie before its
    /// sequence's end: it begins with zero there.
    func place(_ input: Boundary, _ sequence: Int, _ time: Int, _ direction: Int) -> Int {
        frame(input, sequence, time, direction) + (direction == 0 ? sequence + 1 : sequence) * layer.memory
    }

    /// The c and the last h of each stream.
    private func begin(_ call: LayerCall, _ c: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>) {
        for sequence in 0..<call.input.sequences {
            guard let state = call.state(sequence)?.values else { continue }
            (c + sequence * layer.hidden).update(from: state, count: layer.hidden)
            (h + (row(call.input, sequence) - layer.memory) * layer.width).update(
                from: state + layer.hidden, count: layer.memory * layer.width)
        }
        call.record.floats(Buffer.initial).pointer.update(from: c, count: call.input.sequences * layer.hidden)
    }

    private func storeStates(
        _ call: LayerCall, after steps: Int, _ c: UnsafePointer<Float>, _ h: UnsafePointer<Float>
    ) {
        guard call.windows != nil else { return }
        for sequence in 0..<call.input.sequences where Int(call.input.commits[sequence]) == steps {
            guard let state = call.state(sequence)?.values else { continue }
            state.update(from: c + sequence * layer.hidden, count: layer.hidden)
            (state + layer.hidden).update(
                from: h + (row(call.input, sequence) + steps - layer.memory) * layer.width,
                count: layer.memory * layer.width)
        }
    }
}
