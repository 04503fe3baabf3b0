import CDuctusKernels

extension PreparedAttention {
    /// Scratch of the way back, by number.
    private enum Scratch {
        static let contexts = 0
        static let queries = 1
        static let rows = 2
        static let step = 3
        static let masked = 4
        static let taps = 5
        static let partial = 6
    }

    func backward(_ call: LayerReturn) {
        let table = call.kernels.table.pointee
        let (frames, width, places) = (call.input.frames, layer.width, places)
        let isSelf = call.isAlone
        let memoryBoundary = call.boundary(of: isSelf ? 0 : 1)
        var dy = call.dy
        if let mask = call.mask {
            // A residual needs dy itself, too.
            if layer.residual { dy = call.shared.floats(Scratch.masked).reserve(frames * layer.out) }
            table.multiply(call.dy, mask, dy, frames * layer.out)
        }
        let contexts = WeightGradient.rows(
            call.record.floats(Buffer.contexts).pointer, count: frames, stride: width, in: call.shared.rows.0)
        WeightGradient(call).add(
            frames: frames, dy: dy, stride: layer.out, outputs: layer.out, sums: call.gradient + places.outBias,
            .init(rows: contexts, width: width, outputs: layer.out, gradient: call.gradient + places.out))
        let dContexts = call.shared.floats(Scratch.contexts).reserve(frames * width)
        out.applyTransposed(rows: frames, dy: dy, dx: dContexts)

        let dQueries = call.shared.floats(Scratch.queries).reserve(frames * width)
        dQueries.update(repeating: 0, count: frames * width)
        // Derivatives by key and value of the window's own frames.
        let dRows = call.shared.floats(Scratch.rows).reserve(memoryBoundary.frames * 2 * width)
        dRows.update(repeating: 0, count: memoryBoundary.frames * 2 * width)
        let offsets = UnsafePointer(call.record.integers(Buffer.places).pointer)
        if layer.score == .location {
            let taps = call.shared.floats(Scratch.taps).reserve(layer.kernel * width)
            taps.update(repeating: 0, count: layer.kernel * width)
        }
        for sequence in 0..<call.input.sequences {
            let part = part(call.input, offsets, memoryBoundary, sequence)
            let own = dRows + Int(memoryBoundary.offsets[sequence]) * 2 * width
            if isBlocked(part) {
                returnThroughBlocked(part, call, dContexts, dQueries, own)
            } else {
                returnThrough(part, call, dContexts, dQueries, own)
            }
        }
        if layer.score == .location { addTaps(call) }
        addProjections(call, dQueries, dRows, memoryBoundary, isSelf: isSelf)
    }

    /// Through one sequence's mixtures, from the last query to the first.
    private func returnThrough(
        _ part: Part, _ call: LayerReturn, _ dContexts: UnsafePointer<Float>, _ dQueries: UnsafeMutablePointer<Float>,
        _ dRows: UnsafeMutablePointer<Float>
    ) {
        let table = call.kernels.table.pointee
        let (width, row) = (layer.width, layer.row)
        let rows = call.record.floats(Buffer.rows).constant + part.rows * row
        let weights = call.record.floats(Buffer.weights).constant + part.weights
        let queries = call.record.floats(Buffer.queries).constant
        // Derivatives by the weights and scores of a query, by all keys and values, by what the location added, and by
        // the weights of each head that the query behind looked at.
        let memory = call.shared.floats(Scratch.step).reserve(
            part.count * (2 + 2 * width + 2 * head + layer.heads))
        let scores = memory
        let all = memory + 2 * part.count
        let added = all + part.count * 2 * width
        let dAdded = added + part.count * head
        let later = dAdded + part.count * head
        all.update(repeating: 0, count: part.count * 2 * width)
        later.update(repeating: 0, count: part.count * layer.heads)
        for number in Swift.stride(from: part.queries - 1, through: 0, by: -1) {
            let range = part.range(number)
            let count = Int32(range.count)
            guard count > 0 else { continue }
            let at = (part.first + number) * width
            for index in 0..<layer.heads {
                let own = weights + (number * layer.heads + index) * part.count + range.lowerBound
                let key = rows + range.lowerBound * row + index * head
                let dKey = all + range.lowerBound * 2 * width + index * head
                let dContext = dContexts + at + index * head
                table.dots(dContext, key + width, row, count, Int32(head), 1, scores)
                table.spread(own, dContext, dKey + width, 2 * width, count, Int32(head))
                let waiting = later + index * part.count + range.lowerBound
                table.add_scaled(1, waiting, scores, range.count)
                var mean: Float = 0
                for place in 0..<range.count { mean += own[place] * scores[place] }
                for place in 0..<range.count { scores[place] = own[place] * (scores[place] - mean) }
                (later + index * part.count).update(repeating: 0, count: part.count)
                let query = queries + at + index * head
                switch layer.score {
                case .scaled:
                    let scale = 1 / Float(head).squareRoot()
                    for place in 0..<range.count { scores[place] *= scale }
                    table.mix(scores, key, row, count, Int32(head), dQueries + at + index * head)
                    table.spread(scores, query, dKey, 2 * width, count, Int32(head))
                case .additive, .location:
                    let isLocation = layer.score == .location
                    let before =
                        isLocation ? lastWeights(part, number, index, rows, weights, scratch: scores + part.count) : nil
                    if let before {
                        addLocation(call.kernels, before, part, range, index, to: added)
                        dAdded.update(repeating: 0, count: range.count * head)
                    }
                    table.additive_backward(
                        query, key, row, isLocation ? UnsafePointer(added) : nil, count, Int32(head),
                        score.pointer + index * head,
                        scores, dQueries + at + index * head, dKey, 2 * width, isLocation ? dAdded : nil,
                        call.gradient + places.score + index * head)
                    if let before {
                        returnLocation(call, before, part, range, index, dAdded, later + index * part.count)
                    }
                }
            }
        }
        // Frames from before the window get no gradient.
        dRows.update(from: all + part.kept * 2 * width, count: (part.count - part.kept) * 2 * width)
    }

    private func lastWeights(
        _ part: Part, _ number: Int, _ index: Int, _ rows: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        if number > 0 { return weights + ((number - 1) * layer.heads + index) * part.count }
        for frame in 0..<part.count { scratch[frame] = rows[frame * layer.row + 2 * layer.width + index] }
        return UnsafePointer(scratch)
    }

    /// Goes back from the location's addition to each key to the taps, and to the weights that it came from.
    private func returnLocation(
        _ call: LayerReturn, _ before: UnsafePointer<Float>, _ part: Part, _ range: Range<Int>, _ index: Int,
        _ dAdded: UnsafePointer<Float>, _ later: UnsafeMutablePointer<Float>
    ) {
        let table = call.kernels.table.pointee
        let taps = call.shared.floats(Scratch.taps).pointer
        for (place, frame) in range.enumerated() {
            for tap in 0..<layer.kernel {
                let from = frame + tap - layer.kernel / 2
                guard from >= 0, from < part.count else { continue }
                let column = tap * layer.width + index * head
                table.add_scaled(before[from], dAdded + place * head, taps + column, head)
                var slope: Float = 0
                table.dots(dAdded + place * head, location.pointer + column, 0, 1, Int32(head), 1, &slope)
                later[from] += slope
            }
        }
    }

    private func addTaps(_ call: LayerReturn) {
        let taps = call.shared.floats(Scratch.taps).pointer
        for number in 0..<layer.width {
            for tap in 0..<layer.kernel {
                call.gradient[places.location + number * layer.kernel + tap] += taps[tap * layer.width + number]
            }
        }
    }

    /// The gradients of the projections, and of what went into them.
    private func addProjections(
        _ call: LayerReturn, _ dQueries: UnsafePointer<Float>, _ dRows: UnsafePointer<Float>,
        _ memoryBoundary: Boundary,
        isSelf: Bool
    ) {
        let table = call.kernels.table.pointee
        let (width, places, frames) = (layer.width, places, call.input.frames)
        let x = WeightGradient.rows(call.x, count: frames, stride: layer.in, in: call.shared.rows.0)
        WeightGradient(call).add(
            frames: frames, dy: dQueries, stride: width, outputs: width, sums: call.gradient + places.bias,
            .init(rows: x, width: layer.in, outputs: width, gradient: call.gradient + places.query))
        let source = WeightGradient.rows(
            call.frames(of: isSelf ? 0 : 1), count: memoryBoundary.frames, stride: layer.memory, in: call.shared.rows.1)
        WeightGradient(call).add(
            frames: memoryBoundary.frames, dy: dRows, stride: 2 * width, outputs: 2 * width,
            sums: call.gradient + places.bias + width,
            .init(rows: source, width: layer.memory, outputs: 2 * width, gradient: call.gradient + places.memory))
        if let dx = call.dx {
            query.applyTransposed(rows: frames, dy: dQueries, dx: dx)
            if isSelf {
                let partial = call.shared.floats(Scratch.partial).reserve(frames * layer.in)
                memory.applyTransposed(rows: frames, dy: dRows, dx: partial)
                table.add_scaled(1, partial, dx, frames * layer.in)
            }
            if layer.residual { table.add_scaled(1, call.dy, dx, frames * layer.in) }
        }
        if !isSelf, let dMemory = call.derivative(of: 1) {
            memory.applyTransposed(rows: memoryBoundary.frames, dy: dRows, dx: dMemory)
        }
    }
}
