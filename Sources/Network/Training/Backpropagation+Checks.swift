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

    /// Stands for frames where only their number is asked for.
    private static var nothing: UnsafePointer<Float> { UnsafePointer(bitPattern: MemoryBlock.alignment)! }

    /// Checks a batch and its targets before anything is computed.
    func check(
        _ batch: Batch, _ others: [Batch], _ targets: [Target], _ heads: [HeadTargets], _ windows: [Window]?,
        labels: [Range<Int>?]
    ) throws(NetworkError) {
        try checkInputs(batch, others, architecture, labels: labels)
        guard targets.count == batch.count else {
            throw .wrongCount(what: "targets", expected: batch.count, found: targets.count)
        }
        if let windows { try checkWindows(windows, batch, others, architecture) }
        let lengths = outputLengths(batch, others, windows)
        let widths = Wiring(architecture).widths.dropFirst(1 + others.count)
        try check(targets, lengths[lengths.count - 1], classes: widths.last ?? 0)
        for head in heads {
            guard let layer = architecture.heads.first(where: { $0.name == head.head })?.layer else {
                throw .unknownHead(head.head, known: architecture.heads.map(\.name))
            }
            guard type(of: architecture.layers[layer].kind).endsHead else { throw .lossNeedsLogSoftmax }
            guard head.targets.count == batch.count else {
                throw .wrongCount(what: "targets of head \(head.head)", expected: batch.count, found: head.targets.count)
            }
            try check(head.targets, lengths[layer], classes: widths[widths.startIndex + layer])
        }
    }

    private func check(_ targets: [Target], _ lengths: [Int], classes: Int) throws(NetworkError) {
        for (index, target) in targets.enumerated() {
            try target.loss.check(sequence: index, frames: lengths[index], classes: classes)
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
    /// For each sequence the row of its first frame.
    var starts: [Int] {
        var next = 0
        return lengths.map { length in
            defer { next += length }
            return next
        }
    }
}
