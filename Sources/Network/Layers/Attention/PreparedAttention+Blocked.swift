import CDuctusKernels

/// Scaled attention of many queries at a time, as products of matrices.
extension PreparedAttention {
    /// Few queries do not pay for packing the rows that they see.
    private static var leastQueries: Int { 4 }

    func isBlocked(_ part: Part) -> Bool { layer.score == .scaled && part.queries >= Self.leastQueries }

    /// One sequence's mixtures.
    ///
    /// - Parameter weights: queries × heads × frames of the memory, where they are kept.
    func attendBlocked(
        _ call: LayerCall, _ part: Part, _ rows: UnsafePointer<Float>, _ queries: UnsafePointer<Float>,
        weights: UnsafeMutablePointer<Float>?, _ contexts: UnsafeMutablePointer<Float>
    ) {
        let table = call.kernels.table.pointee
        let scratch = call.scratch.reserve(table.attention_scratch_size(Int32(part.count), Int32(head)))
        for index in 0..<layer.heads {
            var attention = attention(of: index, part, rows, queries, weights: weights, contexts)
            table.attend(&attention, scratch)
        }
        call.scratch.release()
    }

    /// Back through one sequence's mixtures; its weights become the derivatives by the scores.
    ///
    /// - Parameter dRows: derivatives by key and value of the sequence's own frames, 0 when it begins.
    func returnThroughBlocked(
        _ part: Part, _ call: LayerReturn, _ dContexts: UnsafePointer<Float>, _ dQueries: UnsafeMutablePointer<Float>,
        _ dRows: UnsafeMutablePointer<Float>
    ) {
        let table = call.kernels.table.pointee
        let width = layer.width
        let rows = call.record.floats(Buffer.rows).constant + part.rows * layer.row
        let weights = call.record.floats(Buffer.weights).pointer + part.weights
        let queries = call.record.floats(Buffer.queries).constant
        let stride = layer.heads * part.count
        let own = part.count - part.kept
        for index in 0..<layer.heads {
            let first = part.first * width + index * head
            // What was kept before the window gets no gradient.
            let shares = weights + index * part.count + part.kept
            addProduct(
                call, part.queries, shares, stride, own, dContexts + first, to: dRows + width + index * head)
            // What is called context here is not read on the way back.
            var attention = attention(
                of: index, part, rows, queries, weights: weights, call.record.floats(Buffer.contexts).pointer)
            let scratch = call.shared.packed.reserve(
                table.attention_scratch_size(Int32(part.count), Int32(head)))
            table.attend_backward(&attention, dContexts + first, dQueries + first, scratch)
            call.shared.packed.release()
            addProduct(call, part.queries, shares, stride, own, queries + first, to: dRows + index * head)
        }
    }

    private func attention(
        of index: Int, _ part: Part, _ rows: UnsafePointer<Float>, _ queries: UnsafePointer<Float>,
        weights: UnsafeMutablePointer<Float>?, _ contexts: UnsafeMutablePointer<Float>
    ) -> ductus_attention {
        let width = layer.width
        let key = rows + index * head
        let first = part.first * width + index * head
        return ductus_attention(
            queries: Int32(part.queries), rows: Int32(part.count), width: Int32(head),
            own: part.isSelf ? Int32(part.own) : -1, span: Int32(part.span), causal: part.causal,
            scale: 1 / Float(head).squareRoot(), query: queries + first, query_stride: width, keys: key,
            values: key + width, stride: layer.row, weights: weights.map { $0 + index * part.count },
            weights_stride: layer.heads * part.count, context: contexts + first, context_stride: width)
    }

    /// Adds, to each frame of the memory, the frames of `x` that looked at it, as much as they did.
    private func addProduct(
        _ call: LayerReturn, _ queries: Int, _ shares: UnsafePointer<Float>, _ stride: Int, _ frames: Int,
        _ x: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>
    ) {
        let rows = WeightGradient.rows(x, count: queries, stride: layer.width, in: call.shared.rows.0)
        WeightGradient(call).add(
            frames: queries, dy: shares, stride: stride, outputs: frames, sums: nil,
            .init(rows: rows, width: head, outputs: frames, gradient: gradient, stride: 2 * layer.width))
    }
}
