/// The alignments of the beam's hypotheses: the frames in which each symbol was read.
///
/// Token passing (Young, Russell, Thornton 1989): a hypothesis carries a `Trace` for the best alignment that ends in a
/// blank and one for the best that ends in its last label. When a label is added, the alignment of the label before
/// becomes a record, which never changes again. Each record points to the one before it.
///
/// It owns its memory, so it cannot be copied; `copy(from:)` writes another history's records into it.
struct AlignmentHistory: ~Copyable {
    /// One symbol that is complete.
    struct Record {
        var previous: Int32
        var label: Int32
        var start: Int32
        var end: Int32
        /// Log of the largest posterior of the label over its frames.
        var peak: Float
    }

    /// The best alignment of a hypothesis: its log probability, the records of all symbols but the last, and the last one's frames.
    struct Trace {
        var score: Float
        var record: Int32
        var start: Int32
        var end: Int32
        var peak: Float

        /// No alignment at all.
        static let impossible = Trace(score: -.infinity, record: -1, start: 0, end: 0, peak: -.infinity)
        /// The alignment of nothing to no frames.
        static let empty = Trace(score: 0, record: -1, start: 0, end: 0, peak: -.infinity)
    }

    /// The likelier of two alignments; of equals the first.
    @inline(__always)
    static func likelier(_ one: Trace, _ other: Trace) -> Trace {
        one.score >= other.score ? one : other
    }

    private(set) var records: UnsafeMutablePointer<Record>
    private(set) var count = 0
    private(set) var capacity: Int
    private var renumbered: UnsafeMutablePointer<Int32>

    init(capacity: Int) {
        self.capacity = capacity
        records = .allocate(capacity: capacity)
        renumbered = .allocate(capacity: capacity)
    }

    deinit {
        records.deallocate()
        renumbered.deallocate()
    }

    var memoryBytes: Int { capacity * (MemoryLayout<Record>.stride + MemoryLayout<Int32>.stride) }

    mutating func reset() { count = 0 }

    /// Writes down that `trace` ended with `label`, and returns the record.
    @inline(__always)
    mutating func append(_ trace: Trace, label: Int32) -> Int32 {
        precondition(count < capacity, "hasRoom(for:) was not asked")
        records[count] = Record(
            previous: trace.record, label: label, start: trace.start, end: trace.end, peak: trace.peak)
        count += 1
        return Int32(count - 1)
    }

    /// Whether `extra` more records fit without a collection.
    func hasRoom(for extra: Int) -> Bool { count + extra <= capacity }

    /// Keeps the records marked by `mark` and those they chain to, and calls `renumber` with the map from old to new indices; grows
    /// where more than half stays alive.
    mutating func collect(
        mark: (UnsafeMutablePointer<Int32>) -> Void, renumber: (UnsafeMutablePointer<Int32>) -> Void
    ) {
        renumbered.update(repeating: 0, count: count)
        mark(renumbered)
        for record in stride(from: count - 1, through: 0, by: -1) where renumbered[record] != 0 {
            if records[record].previous >= 0 { renumbered[Int(records[record].previous)] = 1 }
        }
        var kept = 0
        for record in 0..<count {
            guard renumbered[record] != 0 else { continue }
            var moved = records[record]
            if moved.previous >= 0 { moved.previous = renumbered[Int(moved.previous)] }
            records[kept] = moved
            renumbered[record] = Int32(kept)
            kept += 1
        }
        renumber(renumbered)
        count = kept
        if count * 2 > capacity { grow(to: capacity * 2) }
    }

    private mutating func grow(to newCapacity: Int) {
        let larger = UnsafeMutablePointer<Record>.allocate(capacity: newCapacity)
        larger.update(from: records, count: count)
        records.deallocate()
        renumbered.deallocate()
        records = larger
        renumbered = .allocate(capacity: newCapacity)
        capacity = newCapacity
    }

    /// Becomes a copy of `other`, in place.
    mutating func copy(from other: borrowing AlignmentHistory) {
        count = 0
        if capacity < other.count { grow(to: other.capacity) }
        records.update(from: other.records, count: other.count)
        count = other.count
    }

    /// The symbols of an alignment whose last label is `label`, in order; none for the empty prefix (label 0).
    func symbols(of trace: Trace, label: Int32) -> [Record] {
        guard label != 0 else { return [] }
        var symbols = [
            Record(previous: trace.record, label: label, start: trace.start, end: trace.end, peak: trace.peak)
        ]
        var record = trace.record
        while record >= 0 {
            symbols.append(records[Int(record)])
            record = records[Int(record)].previous
        }
        symbols.reverse()
        return symbols
    }
}
