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
