extension Backpropagation {
    /// Output frames of a sequence, or of a window of a stream.
    func outputFrames(_ sequence: Int, _ batch: Batch, _ windows: [Window]?) -> Int {
        let length = batch.lengths[sequence]
        guard let window = windows?[sequence] else { return architecture.outputLength(for: length) }
        let first = window.state.inputFrames
        let edge = first + length
        return (window.isEnd ? architecture.outputLength(for: edge) : architecture.committedLength(after: edge))
            - architecture.committedLength(after: first)
    }

    /// Checks a batch and its targets before anything is computed.
    func check(_ batch: Batch, _ targets: [Target], _ windows: [Window]?) throws(NetworkError) {
        guard batch.dimension == architecture.input else {
            throw .wrongDimension(expected: architecture.input, found: batch.dimension)
        }
        guard targets.count == batch.count else {
            throw .wrongCount(what: "targets", expected: batch.count, found: targets.count)
        }
        if let windows { try checkWindows(windows, batch, architecture) }
        let classes = architecture.output
        for (index, target) in targets.enumerated() {
            let (labels, lowest): ([Int32], Int32)
            switch target {
            case .ctc(let sequence):
                (labels, lowest) = (sequence, 1)
            case .frames(let frames):
                (labels, lowest) = (frames, Target.ignored)
                let expected = outputFrames(index, batch, windows)
                guard labels.count == expected else {
                    throw .wrongLabelCount(sequence: index, expected: expected, found: labels.count)
                }
            }
            if let label = labels.first(where: { $0 < lowest || $0 >= classes }) {
                throw .labelOutOfRange(sequence: index, label: label, labels: classes)
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
    /// For each sequence the row of its first frame.
    var starts: [Int] {
        var next = 0
        return lengths.map { length in
            defer { next += length }
            return next
        }
    }
}
