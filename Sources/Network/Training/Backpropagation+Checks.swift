extension Backpropagation {
    /// For each layer and each sequence, or window of a stream, how many output frames there are.
    func outputLengths(_ batch: Batch, _ others: [Batch], _ windows: [Window]?) -> [[Int]] {
        let wiring = Wiring(architecture)
        var boundaries = (0..<wiring.inputs).map { input in
            let boundary = Boundary()
            boundary.load(input == 0 ? batch : others[input - 1], input: input, windows)
            return boundary
        }
        return architecture.layers.enumerated().map { index, layer in
            let sources = wiring.sources[index].map { boundaries[$0] }
            let rest = OtherSources()
            rest.items = sources.dropFirst().map { .init(boundary: $0, x: Self.nothing, dx: nil) }
            let boundary = Boundary()
            boundary.follow(sources[0], rest.items, through: layer.kind)
            boundaries.append(boundary)
            return (0..<batch.count).map { Int(boundary.lengths[$0]) }
        }
    }

    /// Checks that sequences 2i and 2i + 1 can be two views of the same one.
    func checkViews(_ batch: Batch) throws(NetworkError) {
        guard batch.count % 2 == 0 else {
            throw .wrongCount(what: "views", expected: batch.count + 1, found: batch.count)
        }
        for first in stride(from: 0, to: batch.count, by: 2) where batch.lengths[first] != batch.lengths[first + 1] {
            throw .viewsOfDifferentLength(
                sequence: first, expected: batch.lengths[first], found: batch.lengths[first + 1])
        }
    }

    /// Stands for frames where only their number is asked for.
    private static var nothing: UnsafePointer<Float> { UnsafePointer(bitPattern: MemoryBlock.alignment)! }

    /// Checks a batch and its losses before anything is computed.
    ///
    /// - Parameter heads: the last layer's losses, then those of other heads.
    func check(
        _ batch: Batch, _ others: [Batch], _ heads: [HeadLosses], _ windows: [Window]?, labels: [Range<Int>?]
    ) throws(NetworkError) {
        try checkInputs(batch, others, architecture, labels: labels)
        for (number, head) in heads.enumerated() where head.losses.count != batch.count {
            throw .wrongCount(
                what: number == 0 ? "targets" : "targets of head \(head.head)", expected: batch.count,
                found: head.losses.count)
        }
        if let windows { try checkWindows(windows, batch, others, architecture) }
        let lengths = outputLengths(batch, others, windows)
        let widths = Wiring(architecture).widths.dropFirst(1 + others.count)
        for (number, head) in heads.enumerated() {
            let named = architecture.heads.first { $0.name == head.head }?.layer
            guard let layer = number == 0 ? lengths.count - 1 : named else {
                throw .unknownHead(head.head, known: architecture.heads.map(\.name))
            }
            guard type(of: architecture.layers[layer].kind).endsHead else { throw .lossNeedsLogSoftmax }
            let hasOwnLoss = type(of: architecture.layers[layer].kind).hasOwnLoss
            for (index, loss) in head.losses.enumerated() {
                guard !hasOwnLoss || loss is FrameTarget else {
                    throw .badTarget(
                        sequence: index, reason: "must be a label for each frame: its head has a loss of its own")
                }
                try loss.check(
                    sequence: index, frames: lengths[layer][index], classes: widths[widths.startIndex + layer])
            }
        }
    }
}

extension Reduction {
    /// The factor of one sequence's loss.
    func scale(labels: Int, all: Int, sequences: Int) -> Float {
        switch self {
        case .sum: 1
        case .perLabel: 1 / Float(max(all, 1))
        case .perSequence: 1 / (Float(max(sequences, 1)) * Float(max(labels, 1)))
        }
    }
}

extension Batch {
    /// The row of the first frame of each sequence.
    var starts: [Int] {
        var next = 0
        return lengths.map { length in
            defer { next += length }
            return next
        }
    }
}
