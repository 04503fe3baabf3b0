import Foundation

/// One hypothesis of a beam: a prefix of labels with its probability, and what is needed to go on from it.
struct BeamEntry<State: BitwiseCopyable> {
    /// The prefix in the tree.
    var node: Int32
    /// The prefix's last label; 0 for the empty one.
    var label: Int32
    /// The index in the beam of the prefix without its last label; -1 if the beam does not hold it.
    var parent: Int32
    /// The scorer's state of the prefix.
    var state: State
    /// Weighted probability of all alignments that end in a blank, on the beam's scale.
    var blank: Double
    /// The same for those that end in the last label.
    var nonblank: Double
    /// The scorer's factor of the last label after the rest.
    var factor: Double
    /// Log of the product of all such weights of the prefix.
    var logWeight: Double
    var blankTrace: AlignmentHistory.Trace
    var labelTrace: AlignmentHistory.Trace

    var total: Double { blank + nonblank }
}

/// The hypotheses of a prefix beam search after some frames, and the step to the next frame.
///
/// Probabilities are kept as they are, not as logarithms, times a common scale that is renewed before they underflow: a step is
/// multiplications and additions. The weight of a prefix does not depend on the alignment, so multiplying it in label by label ranks prefixes by
/// P(CTC) * P(LM)^weight * e^(bonus * length), as wanted.
///
/// Generic over what weighs the prefixes, so that a scorer costs no call per label. It owns its memory, so it cannot be copied;
/// `copy(from:)` writes another beam's state into it.
struct Beam<S: Scorer>: ~Copyable {
    typealias Entry = BeamEntry<S.State>

    private struct Candidate {
        var score: Double
        var source: Int32
        /// The label to add; 0 for the unchanged prefix.
        var label: Int32
    }

    let width: Int
    let labels: Int
    let scorer: S
    private let largestFactor: Double
    private(set) var entries: UnsafeMutablePointer<Entry>
    private(set) var count = 0
    private(set) var tree: PrefixTree
    private(set) var history: AlignmentHistory
    /// The addition to the logarithm of an entry's probability.
    private(set) var logScale = 0.0
    private(set) var frame: Int32 = 0
    private var spare: UnsafeMutablePointer<Entry>
    private let stayBlank: UnsafeMutablePointer<Double>
    private let stayNonblank: UnsafeMutablePointer<Double>
    private let candidates: UnsafeMutablePointer<Candidate>
    private var candidateCount = 0
    private let active: UnsafeMutablePointer<(probability: Double, label: Int32)>
    private let moved: UnsafeMutablePointer<Int32>

    init(width: Int, labels: Int, scorer: S) {
        self.width = width
        self.labels = labels
        self.scorer = scorer
        largestFactor = scorer.largestFactor
        entries = .allocate(capacity: width)
        spare = .allocate(capacity: width)
        stayBlank = .allocate(capacity: width)
        stayNonblank = .allocate(capacity: width)
        candidates = .allocate(capacity: width + 1)
        active = .allocate(capacity: labels)
        moved = .allocate(capacity: width)
        tree = PrefixTree(capacity: 64 * width)
        history = AlignmentHistory(capacity: 64 * width)
        reset(precedingText: "")
    }

    deinit {
        entries.deallocate()
        spare.deallocate()
        stayBlank.deallocate()
        stayNonblank.deallocate()
        candidates.deallocate()
        active.deallocate()
        moved.deallocate()
    }

    var memoryBytes: Int {
        2 * width * MemoryLayout<Entry>.stride + tree.memoryBytes + history.memoryBytes
            + (width + 1) * MemoryLayout<Candidate>.stride + labels * 16 + width * 20
    }

    /// Back to the empty prefix before the first frame, of a line that goes on after `precedingText`.
    mutating func reset(precedingText: String) {
        tree.reset()
        history.reset()
        logScale = 0
        frame = 0
        count = 1
        entries[0] = Entry(
            node: PrefixTree.root, label: 0, parent: -1, state: scorer.start(after: precedingText), blank: 1,
            nonblank: 0, factor: 1, logWeight: 0, blankTrace: .empty, labelTrace: .impossible)
    }

    /// Becomes a copy of `other`, a beam of the same width and labels, in place.
    mutating func copy(from other: borrowing Beam) {
        precondition(width == other.width && labels == other.labels)
        entries.update(from: other.entries, count: other.count)
        count = other.count
        tree.copy(from: other.tree)
        history.copy(from: other.history)
        logScale = other.logScale
        frame = other.frame
    }

    /// Takes one frame of `labels` log probabilities.
    mutating func advance(_ row: UnsafePointer<Float>, labelThreshold: Float, blankThreshold: Float) {
        if !tree.hasRoom(for: width) { collectPrefixes() }
        if !history.hasRoom(for: width) { collectRecords() }
        let blank = probability(row[0])
        if blank > Double(blankThreshold) {
            addBlank(blank, logProbability: row[0])
        } else {
            keepPrefixes(row, blank: blank)
            extendPrefixes(row, labelThreshold: labelThreshold)
            if candidateCount > 0, candidates[0].score > 0 {
                renewEntries(row)
            } else {
                // Nothing is possible in this frame (not a distribution): pass it over rather than lose everything.
                addBlank(1, logProbability: 0)
            }
        }
        frame += 1
        if entries[0].total < 1e-60 { rescale() }
    }

    @inline(__always)
    private func probability(_ logarithm: Float) -> Double {
        logarithm > -80 ? Double(exp(min(logarithm, 0))) : 0
    }

    /// All prefixes stay, and every alignment now ends in a blank.
    private mutating func addBlank(_ blank: Double, logProbability: Float) {
        for index in 0..<count {
            entries[index].blank = entries[index].total * blank
            entries[index].nonblank = 0
            entries[index].blankTrace = AlignmentHistory.likelier(entries[index].blankTrace, entries[index].labelTrace)
            entries[index].blankTrace.score += logProbability
            entries[index].labelTrace = .impossible
        }
    }

    /// Computes the probability of each prefix after this frame, extensions of prefixes in the beam included.
    private mutating func keepPrefixes(_ row: UnsafePointer<Float>, blank: Double) {
        candidateCount = 0
        for index in 0..<count {
            let entry = entries + index
            var nonblank = 0.0
            if entry.pointee.label != 0 {
                let repeated = probability(row[Int(entry.pointee.label)])
                nonblank = entry.pointee.nonblank * repeated
                if entry.pointee.parent >= 0 {
                    let parent = entries + Int(entry.pointee.parent)
                    let before =
                        parent.pointee.label == entry.pointee.label ? parent.pointee.blank : parent.pointee.total
                    nonblank += before * repeated * entry.pointee.factor
                }
            }
            stayBlank[index] = entry.pointee.total * blank
            stayNonblank[index] = nonblank
            insert(Candidate(score: stayBlank[index] + nonblank, source: Int32(index), label: 0))
        }
    }

    /// New prefixes: one more label, wherever that can still enter the beam.
    private mutating func extendPrefixes(_ row: UnsafePointer<Float>, labelThreshold: Float) {
        let largest = largestFactor
        var floor = candidateCount == width ? candidates[width - 1].score : 0
        // Entries are sorted, so the first bounds what any of them can bring: labels that cannot enter even from it are left out.
        var threshold = labelThreshold
        if floor > 0 { threshold = max(threshold, Float(log(floor / (entries[0].total * largest))) - 1e-3) }
        var activeCount = 0
        for label in 1..<labels where row[label] > threshold {
            let entry = (probability: probability(row[label]), label: Int32(label))
            var place = activeCount
            while place > 0, active[place - 1].probability < entry.probability {
                active[place] = active[place - 1]
                place -= 1
            }
            active[place] = entry
            activeCount += 1
        }
        for index in 0..<count {
            let entry = entries + index
            let total = entry.pointee.total
            for rank in 0..<activeCount {
                let (probability, label) = active[rank]
                floor = candidateCount == width ? candidates[width - 1].score : 0
                if total * probability * largest <= floor { break }
                let before = label == entry.pointee.label ? entry.pointee.blank : total
                if before * probability * largest <= floor || hasChild(index, label) { continue }
                let score = before * probability * scorer.factor(of: label, after: entry.pointee.state)
                if score > floor { insert(Candidate(score: score, source: Int32(index), label: label)) }
            }
        }
    }

    /// Whether the beam already has the prefix of `index` with `label` added.
    @inline(__always)
    private func hasChild(_ index: Int, _ label: Int32) -> Bool {
        for other in 0..<count
        where entries[other].parent == Int32(truncatingIfNeeded: index) && entries[other].label == label {
            return true
        }
        return false
    }

    /// Puts a candidate where its score belongs; the last one falls out of a full list. Of equals the earlier stays ahead.
    @inline(__always)
    private mutating func insert(_ candidate: Candidate) {
        if candidateCount == width, !(candidate.score > candidates[width - 1].score) { return }
        var place = candidateCount
        while place > 0, candidates[place - 1].score < candidate.score {
            candidates[place] = candidates[place - 1]
            place -= 1
        }
        candidates[place] = candidate
        if candidateCount < width { candidateCount += 1 }
    }

    /// Turns the best candidates into the entries of the next frame.
    private mutating func renewEntries(_ row: UnsafePointer<Float>) {
        var kept = 0
        for index in 0..<count { moved[index] = -1 }
        for rank in 0..<candidateCount where candidates[rank].score > 0 {
            if candidates[rank].label == 0 { moved[Int(candidates[rank].source)] = Int32(kept) }
            kept += 1
        }
        var mendsLinks = false
        for rank in 0..<kept {
            let candidate = candidates[rank]
            let source = Int(candidate.source)
            if candidate.label == 0 {
                spare[rank] = stayed(source, row)
                let parent = entries[source].parent
                spare[rank].parent = parent >= 0 ? moved[Int(parent)] : -1
            } else {
                let (node, existed) = tree.child(of: entries[source].node, label: candidate.label)
                mendsLinks = mendsLinks || existed
                spare[rank] = extended(source, candidate, node: node, row)
                spare[rank].parent = moved[source]
            }
        }
        swap(&entries, &spare)
        count = kept
        if mendsLinks { mendParents() }
    }

    /// The entry `source` one frame later, its prefix unchanged.
    private mutating func stayed(_ source: Int, _ row: UnsafePointer<Float>) -> Entry {
        var entry = entries[source]
        let logProbability = row[Int(entry.label)]
        var trace = entry.labelTrace
        if entry.label != 0 {
            trace.score += logProbability
            trace.end = frame + 1
            trace.peak = max(trace.peak, logProbability)
            if entry.parent >= 0 {
                let parent = entries[Int(entry.parent)]
                let before =
                    parent.label == entry.label
                    ? parent.blankTrace : AlignmentHistory.likelier(parent.blankTrace, parent.labelTrace)
                if before.score + logProbability > trace.score {
                    trace = begun(after: before, of: parent.label, logProbability)
                }
            }
        }
        entry.blankTrace = AlignmentHistory.likelier(entry.blankTrace, entry.labelTrace)
        entry.blankTrace.score += row[0]
        entry.labelTrace = trace
        entry.blank = stayBlank[source]
        entry.nonblank = stayNonblank[source]
        return entry
    }

    /// The entry `source` with one more label.
    private mutating func extended(
        _ source: Int, _ candidate: Candidate, node: Int32, _ row: UnsafePointer<Float>
    ) -> Entry {
        let entry = entries[source]
        let factor = scorer.factor(of: candidate.label, after: entry.state)
        let before =
            candidate.label == entry.label
            ? entry.blankTrace : AlignmentHistory.likelier(entry.blankTrace, entry.labelTrace)
        return Entry(
            node: node, label: candidate.label, parent: -1,
            state: scorer.state(after: entry.state, label: candidate.label), blank: 0, nonblank: candidate.score,
            factor: factor, logWeight: entry.logWeight + log(factor), blankTrace: .impossible,
            labelTrace: begun(after: before, of: entry.label, row[Int(candidate.label)]))
    }

    /// The trace of an alignment that begins a new label in this frame, after one of a prefix that ends in `label`.
    private mutating func begun(
        after trace: AlignmentHistory.Trace, of label: Int32, _ logProbability: Float
    ) -> AlignmentHistory.Trace {
        AlignmentHistory.Trace(
            score: trace.score + logProbability, record: label == 0 ? -1 : history.append(trace, label: label),
            start: frame,
            end: frame + 1, peak: logProbability)
    }

    /// A prefix that had left the beam came back while a longer one was still in it: links the two again.
    private func mendParents() {
        for index in 0..<count where entries[index].parent < 0 {
            let parent = tree.nodes[Int(entries[index].node)].parent
            for other in 0..<count where entries[other].node == parent {
                entries[index].parent = Int32(other)
            }
        }
    }

    private mutating func rescale() {
        let largest = entries[0].total
        guard largest > 0 else { return }
        logScale += log(largest)
        for index in 0..<count {
            entries[index].blank /= largest
            entries[index].nonblank /= largest
        }
    }

    private mutating func collectPrefixes() {
        let (entries, count) = (entries, count)
        tree.collect { marks in
            for index in 0..<count { marks[Int(entries[index].node)] = 1 }
        } renumber: { numbers in
            for index in 0..<count { entries[index].node = numbers[Int(entries[index].node)] }
        }
    }

    private mutating func collectRecords() {
        let (entries, count) = (entries, count)
        history.collect { marks in
            for index in 0..<count {
                if entries[index].blankTrace.record >= 0 { marks[Int(entries[index].blankTrace.record)] = 1 }
                if entries[index].labelTrace.record >= 0 { marks[Int(entries[index].labelTrace.record)] = 1 }
            }
        } renumber: { numbers in
            for index in 0..<count {
                let (blank, label) = (entries[index].blankTrace.record, entries[index].labelTrace.record)
                if blank >= 0 { entries[index].blankTrace.record = numbers[Int(blank)] }
                if label >= 0 { entries[index].labelTrace.record = numbers[Int(label)] }
            }
        }
    }
}
