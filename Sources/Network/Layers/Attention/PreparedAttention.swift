import CDuctusKernels

/// Attention, ready to run.
final class PreparedAttention: PreparedLayer {
    let layer: Attention
    let query: PreparedProduct
    /// Keys above values.
    let memory: PreparedProduct
    let out: PreparedProduct
    /// The vector v of each head, for additive scores.
    let score = PreparedVector()
    /// The weights of the location, kernel × width, for location-aware scores.
    let location = PreparedVector()
    private let hasMemory: Bool
    private let trains: Bool

    /// Buffers in a call's record.
    enum Buffer {
        static let queries = 0
        /// For each sequence the frames of the memory: key, value, last weights; those kept before come first.
        static let rows = 1
        /// For each query, head and frame of the memory its weight.
        static let weights = 2
        static let contexts = 3
        /// For one query: the term that the previous weights add to each key, and the scores.
        static let added = 4
        /// The integer buffer with three numbers for each sequence: the begin of its rows, the begin of its weights,
        /// and the number of rows kept from before.
        static let places = 0
    }

    init(_ layer: Attention, _ settings: LayerSettings) {
        self.layer = layer
        trains = settings.trains
        hasMemory = settings.inputs.count == 2
        query = PreparedProduct(outputs: layer.width, inputs: layer.in, settings)
        memory = PreparedProduct(outputs: 2 * layer.width, inputs: layer.memory, settings)
        out = PreparedProduct(outputs: layer.out, inputs: layer.width, settings)
    }

    /// Numbers of a head.
    var head: Int { layer.width / layer.heads }

    /// The offsets of the tensors in the flat buffer.
    var places: (query: Int, memory: Int, bias: Int, out: Int, outBias: Int, score: Int, location: Int) {
        let memory = layer.width * layer.in
        let bias = memory + 2 * layer.width * layer.memory
        let out = bias + 3 * layer.width
        let outBias = out + layer.out * layer.width
        let score = outBias + layer.out
        return (0, memory, bias, out, outBias, score, score + layer.width)
    }

    func prepare(_ parameters: UnsafePointer<Float>) {
        let (width, places) = (layer.width, places)
        load(query, parameters, parameters + places.bias)
        load(memory, parameters + places.memory, parameters + places.bias + width)
        load(out, parameters + places.out, parameters + places.outBias)
        if layer.score != .scaled { score.load(parameters + places.score, width) }
        if layer.score == .location {
            let taps = location.reserve(layer.kernel * width)
            for number in 0..<width {
                for tap in 0..<layer.kernel {
                    taps[tap * width + number] = parameters[places.location + number * layer.kernel + tap]
                }
            }
        }
    }

    private func load(_ product: PreparedProduct, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>) {
        let count = product.outputs * product.inputs
        product.weights.reserve(count).update(from: weights, count: count)
        product.bias.pointer.update(from: bias, count: product.outputs)
        product.pack()
        if trains { product.packTransposed() }
    }

    /// One sequence's part of a call.
    struct Part {
        /// Its queries within the batch.
        let first: Int
        let queries: Int
        /// Frames of the memory: those kept before, and all.
        let kept: Int
        let count: Int
        /// Its rows and weights in their buffers.
        let rows: Int
        let weights: Int
        /// The frame of the sequence, counted among the rows, that the first query is; 0 where the memory is another
        /// source.
        let own: Int
        /// Queries attend to their own sequence.
        let isSelf: Bool
        let causal: Bool
        let span: Int

        /// The frames of the memory that a query sees.
        func range(_ query: Int) -> Range<Int> {
            guard isSelf else { return max(0, count - span)..<count }
            let at = own + query
            return max(0, at + 1 - span)..<(causal ? at + 1 : count)
        }
    }

    func part(_ queries: Boundary, _ places: UnsafePointer<Int>, _ memory: Boundary, _ sequence: Int) -> Part {
        let kept = places[3 * sequence + 2]
        return Part(
            first: Int(queries.offsets[sequence]), queries: Int(queries.lengths[sequence]), kept: kept,
            count: kept + Int(memory.lengths[sequence]), rows: places[3 * sequence], weights: places[3 * sequence + 1],
            own: kept, isSelf: !hasMemory, causal: layer.causal, span: layer.span)
    }

    func forward(_ call: LayerCall) {
        let table = call.kernels.table.pointee
        let (width, row) = (layer.width, layer.row)
        let source = call.source(hasMemory ? 1 : 0)
        let queries = call.record.floats(Buffer.queries).reserve(call.input.frames * width)
        let contexts = call.record.floats(Buffer.contexts).reserve(call.input.frames * width)
        let (rowCount, weightCount, longest) = layOut(call, source.boundary)
        // Where nothing is kept, each sequence uses the memory of the one before, which is in the cache.
        let rows = call.record.floats(Buffer.rows).reserve((call.keepsActivations ? rowCount : longest) * row)
        let weights = call.record.floats(Buffer.weights).reserve(
            call.keepsActivations ? weightCount : layer.heads * longest)
        _ = call.record.floats(Buffer.added).reserve(longest * (head + 1))
        let places = UnsafePointer(call.record.integers(Buffer.places).pointer)
        for sequence in 0..<call.input.sequences {
            let part = part(call.input, places, source.boundary, sequence)
            let own = rows + (call.keepsActivations ? part.rows : 0) * row
            query.apply(
                rows: part.queries, x: call.x + part.first * layer.in, stride: layer.in,
                y: queries + part.first * width, outputStride: width, scratch: call.scratch)
            if let state = call.state(sequence) { own.update(from: state.values + 1, count: part.kept * row) }
            let frames = Int(source.boundary.lengths[sequence])
            for frame in 0..<frames {
                (own + (part.kept + frame) * row + 2 * width).update(repeating: 0, count: layer.heads)
            }
            memory.apply(
                rows: frames, x: source.x + Int(source.boundary.offsets[sequence]) * layer.memory, stride: layer.memory,
                y: own + part.kept * row, outputStride: row, scratch: call.scratch)
            if call.input.commits[sequence] == 0 || isBlocked(part) {
                keepRows(call, part, sequence, source.boundary, own, weights: nil)
            }
            if isBlocked(part) {
                let kept = call.keepsActivations ? weights + part.weights : nil
                attendBlocked(call, part, own, queries, weights: kept, contexts)
            } else {
                attendOneByOne(call, part, sequence, source.boundary, own, queries, weights, contexts)
            }
            out.apply(
                rows: part.queries, x: contexts + part.first * width, stride: width,
                y: call.y + part.first * layer.out, outputStride: layer.out, scratch: call.scratch)
        }
        if let mask = call.mask { table.multiply(call.y, mask, call.y, call.input.frames * layer.out) }
        if layer.residual { table.add_scaled(1, call.x, call.y, call.input.frames * layer.out) }
    }

    let masksItself = true

    /// Decides where each sequence's rows and weights lie.
    private func layOut(_ call: LayerCall, _ memory: Boundary) -> (rows: Int, weights: Int, longest: Int) {
        let places = call.record.integers(Buffer.places).reserve(3 * call.input.sequences)
        var (rows, weights, longest) = (0, 0, 1)
        for sequence in 0..<call.input.sequences {
            let kept = Int(call.state(sequence)?.values[0] ?? 0)
            let count = kept + Int(memory.lengths[sequence])
            (places[3 * sequence], places[3 * sequence + 1], places[3 * sequence + 2]) = (rows, weights, kept)
            rows += count
            weights += Int(call.input.lengths[sequence]) * layer.heads * count
            longest = max(longest, count)
        }
        return (rows, weights, longest)
    }

    /// A sequence's mixtures, query by query.
    private func attendOneByOne(
        _ call: LayerCall, _ part: Part, _ sequence: Int, _ memory: Boundary, _ rows: UnsafeMutablePointer<Float>,
        _ queries: UnsafePointer<Float>, _ weights: UnsafeMutablePointer<Float>,
        _ contexts: UnsafeMutablePointer<Float>
    ) {
        let commit = Int(call.input.commits[sequence])
        for number in 0..<part.queries {
            let to = call.keepsActivations ? weights + part.weights + number * layer.heads * part.count : weights
            attend(call, part, number, rows, queries, weights: to, contexts)
            if number + 1 == commit { keepRows(call, part, sequence, memory, rows, weights: to) }
            // The next query looks at this one's weights; in training they lie before its own.
            if layer.score == .location, !call.keepsActivations { copyWeights(part, to, rows) }
        }
    }

    /// One query's mixture.
    private func attend(
        _ call: LayerCall, _ part: Part, _ number: Int, _ rows: UnsafePointer<Float>, _ queries: UnsafePointer<Float>,
        weights: UnsafeMutablePointer<Float>, _ contexts: UnsafeMutablePointer<Float>
    ) {
        let table = call.kernels.table.pointee
        let (range, width) = (part.range(number), layer.width)
        let count = Int32(range.count)
        let at = (part.first + number) * width
        for index in 0..<layer.heads {
            let own = weights + index * part.count
            own.update(repeating: 0, count: part.count)
            guard count > 0 else { continue }
            let key = rows + range.lowerBound * layer.row + index * head
            let scores = own + range.lowerBound
            let query = queries + at + index * head
            switch layer.score {
            case .scaled:
                table.dots(query, key, layer.row, count, Int32(head), 1 / Float(head).squareRoot(), scores)
            case .additive:
                table.additive_scores(
                    query, key, layer.row, nil, count, Int32(head), score.pointer + index * head, scores)
            case .location:
                let added = call.record.floats(Buffer.added).pointer
                let before = lastWeights(call, part, number, index, rows, weights, scratch: added + part.count * head)
                addLocation(call.kernels, before, part, range, index, to: added)
                table.additive_scores(
                    query, key, layer.row, added, count, Int32(head), score.pointer + index * head, scores)
            }
            table.softmax(scores, scores, range.count)
            table.mix(scores, key + width, layer.row, count, Int32(head), contexts + at + index * head)
        }
        if count == 0 { (contexts + at).update(repeating: 0, count: width) }
    }

    /// The weights of the frame before, of one head, for each frame of the memory.
    private func lastWeights(
        _ call: LayerCall, _ part: Part, _ number: Int, _ index: Int, _ rows: UnsafePointer<Float>,
        _ weights: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) -> UnsafePointer<Float> {
        if call.keepsActivations, number > 0 { return weights - (layer.heads - index) * part.count }
        for frame in 0..<part.count { scratch[frame] = rows[frame * layer.row + 2 * layer.width + index] }
        return UnsafePointer(scratch)
    }

    /// Computes the term that the weights of the previous frame add to each key of a range.
    func addLocation(
        _ kernels: Kernels, _ before: UnsafePointer<Float>, _ part: Part, _ range: Range<Int>, _ index: Int,
        to added: UnsafeMutablePointer<Float>
    ) {
        let table = kernels.table.pointee
        added.update(repeating: 0, count: range.count * head)
        for (place, frame) in range.enumerated() {
            for tap in 0..<layer.kernel {
                let from = frame + tap - layer.kernel / 2
                guard from >= 0, from < part.count, before[from] != 0 else { continue }
                table.add_scaled(
                    before[from], location.pointer + tap * layer.width + index * head, added + place * head, head)
            }
        }
    }

    /// Puts a query's weights beside the frames that they are of, from frame `first` on.
    private func copyWeights(
        _ part: Part, _ weights: UnsafePointer<Float>, _ rows: UnsafeMutablePointer<Float>, from first: Int = 0,
        count: Int? = nil
    ) {
        for frame in 0..<(count ?? part.count) {
            for index in 0..<layer.heads {
                rows[frame * layer.row + 2 * layer.width + index] = weights[index * part.count + first + frame]
            }
        }
    }

    /// A stream keeps the last frames of the memory that are final, with the weights of its last query that is.
    private func keepRows(
        _ call: LayerCall, _ part: Part, _ sequence: Int, _ memory: Boundary, _ rows: UnsafePointer<Float>,
        weights: UnsafePointer<Float>?
    ) {
        guard let state = call.state(sequence) else { return }
        let final = part.kept + Int(memory.commits[sequence])
        let count = min(final, layer.span)
        state.grow(to: 1 + count * layer.row)
        state.values[0] = Float(count)
        (state.values + 1).update(from: rows + (final - count) * layer.row, count: count * layer.row)
        if let weights, layer.score == .location {
            copyWeights(part, weights, state.values + 1, from: final - count, count: count)
        }
    }
}
