import DuctusInk

/// The ink of one segment: samples with contact, stroke after stroke, and the publisher's number of each stroke.
public struct InkSegment: Equatable, Sendable {
    public private(set) var samples: [Sample] = []
    public private(set) var spans: [Span] = []

    /// Where a stroke begins in `samples`; it reaches to the next one's beginning.
    public struct Span: Equatable, Sendable {
        public var number: UInt32
        public var first: Int
    }

    public init() {}

    package init(_ strokes: [Stroke]) {
        for (number, stroke) in strokes.enumerated() {
            beginStroke(number: UInt32(number))
            samples += stroke.samples
        }
    }

    public var isEmpty: Bool { samples.isEmpty }
    public var numbers: [UInt32] { spans.map(\.number) }
    public var byteCount: Int {
        samples.capacity * MemoryLayout<Sample>.stride + spans.capacity * MemoryLayout<Span>.stride
    }

    /// The samples of stroke `index`.
    public func range(ofStroke index: Int) -> Range<Int> {
        spans[index].first..<(index + 1 < spans.count ? spans[index + 1].first : samples.count)
    }

    public func samples(ofStroke index: Int) -> ArraySlice<Sample> { samples[range(ofStroke: index)] }

    /// The pen's time from the first to the last sample, µs; 0 where it has no clock, or one that runs backward.
    public var duration: Int64 {
        guard let first = samples.first?.time, let last = samples.last?.time else { return 0 }
        let (duration, overflow) = last.subtractingReportingOverflow(first)
        return overflow ? 0 : max(0, duration)
    }

    /// The form that the recognizer reads.
    public var strokes: [Stroke] { spans.indices.map { Stroke(Array(samples(ofStroke: $0))) } }

    mutating func beginStroke(number: UInt32) {
        spans.append(Span(number: number, first: samples.count))
    }

    /// Adds to the newest stroke; `beginStroke` was called before.
    mutating func append(_ sample: Sample) { samples.append(sample) }

    /// Forgets the newest stroke if it has no sample.
    mutating func dropEmptyStroke() {
        if spans.last?.first == samples.count { spans.removeLast() }
    }

    /// Takes the strokes from `index` on out of this segment and returns them as one of their own.
    mutating func split(atStroke index: Int) -> InkSegment {
        var rest = InkSegment()
        guard index < spans.count else { return rest }
        let first = spans[index].first
        rest.samples = Array(samples[first...])
        rest.spans = spans[index...].map { Span(number: $0.number, first: $0.first - first) }
        samples.removeSubrange(first...)
        spans.removeSubrange(index...)
        return rest
    }

    /// The segment without the strokes of these numbers; nil if it has none of them.
    func removing(_ numbers: Set<UInt32>) -> InkSegment? {
        guard spans.contains(where: { numbers.contains($0.number) }) else { return nil }
        var kept = InkSegment()
        for index in spans.indices where !numbers.contains(spans[index].number) {
            kept.beginStroke(number: spans[index].number)
            kept.samples.append(contentsOf: samples(ofStroke: index))
        }
        return kept
    }
}
