import DuctusInk

/// The ink of one segment: samples with contact, stroke after stroke, and the publisher's number of each stroke.
public struct InkSegment: Equatable, Sendable {
    /// The samples with contact, in the order of arrival.
    public private(set) var samples: [Sample] = []
    /// The strokes, in order.
    public private(set) var spans: [Span] = []
    /// Place of each sample among those that the publisher sent for this segment; empty where nothing was left out.
    private var places: [UInt32] = []
    /// The offset between a report's place in the stream and its place here; nil: the next report follows the last one
    /// here.
    private var base: Int?

    /// The place of a stroke in `samples`: it reaches to the next one's first sample.
    public struct Span: Equatable, Sendable {
        /// The publisher's number of the stroke.
        public var number: UInt32
        /// Index of the stroke's first sample.
        public var first: Int
    }

    /// A segment without ink.
    public init() {}

    package init(_ strokes: [Stroke]) {
        for (number, stroke) in strokes.enumerated() {
            beginStroke(number: UInt32(number))
            samples += stroke.samples
        }
    }

    /// Whether there is no ink.
    public var isEmpty: Bool { samples.isEmpty }
    /// The publisher's numbers of the strokes, in order.
    public var numbers: [UInt32] { spans.map(\.number) }
    public var byteCount: Int {
        samples.capacity * MemoryLayout<Sample>.stride + spans.capacity * MemoryLayout<Span>.stride
            + places.capacity * MemoryLayout<UInt32>.stride
    }

    /// Samples that the publisher sent for this segment, those that were left out among them.
    var sentCount: Int { samples.isEmpty ? 0 : place(samples.count - 1) + 1 }

    /// The samples that the publisher sent, for samples of this segment.
    func sent(_ range: Range<Int>) -> Range<Int> {
        func place(_ index: Int) -> Int { index < samples.count ? self.place(index) : sentCount }
        return place(range.lowerBound)..<place(range.upperBound)
    }

    private func place(_ index: Int) -> Int { places.isEmpty ? index : Int(places[index]) }

    /// The samples of stroke `index`.
    public func range(ofStroke index: Int) -> Range<Int> {
        spans[index].first..<(index + 1 < spans.count ? spans[index + 1].first : samples.count)
    }

    /// The samples of a stroke, by its index.
    public func samples(ofStroke index: Int) -> ArraySlice<Sample> { samples[range(ofStroke: index)] }

    /// The pen's time from the first to the last sample, µs; 0 where it has no clock, or one that runs backward.
    public var duration: Int64 {
        guard let first = samples.first?.time, let last = samples.last?.time else { return 0 }
        let (duration, overflow) = last.subtractingReportingOverflow(first)
        return overflow ? 0 : max(0, duration)
    }

    /// The form that the recognizer reads.
    public var strokes: [Stroke] { spans.indices.map { Stroke(Array(samples(ofStroke: $0))) } }

    /// Frames that it is read as, about.
    func frames(_ normalization: SegmentNormalization, _ configuration: FeatureConfiguration) -> Int {
        var length: Float = 0
        for index in spans.indices {
            let stroke = samples(ofStroke: index)
            for (a, b) in zip(stroke, stroke.dropFirst()) {
                let (dx, dy) = (b.x - a.x, b.y - a.y)
                length += (dx * dx + dy * dy).squareRoot()
            }
        }
        let steps = length / (normalization.scale * configuration.step)
        let most = Float(configuration.maximumFrames)
        return Int(min(most, (steps.isFinite ? steps : most) + Float(2 * spans.count)))
    }

    mutating func beginStroke(number: UInt32) {
        spans.append(Span(number: number, first: samples.count))
    }

    /// Adds to the newest stroke; `beginStroke` was called before.
    ///
    /// - Parameter place: among all reports of the stream with contact; nil: it follows the one before.
    mutating func append(_ sample: Sample, place: Int? = nil) {
        if let place, base == nil { base = place - sentCount }
        add(sample, at: place.map { $0 - (base ?? 0) } ?? sentCount)
    }

    private mutating func add(_ sample: Sample, at place: Int) {
        if places.isEmpty, place != samples.count { places = samples.indices.map(UInt32.init) }
        if place != samples.count || !places.isEmpty { places.append(UInt32(clamping: place)) }
        samples.append(sample)
    }

    /// Forgets the newest stroke if it has no sample.
    mutating func dropEmptyStroke() {
        if spans.last?.first == samples.count { spans.removeLast() }
    }

    /// Takes the strokes from `index` on out of this segment and returns them as one of their own.
    mutating func split(atStroke index: Int) -> InkSegment {
        var rest = InkSegment()
        guard index < spans.count else { return rest }
        let first = spans[index].first
        if first < samples.count { rest.base = base.map { $0 + place(first) } }
        for at in first..<samples.count { rest.add(samples[at], at: place(at) - place(first)) }
        rest.spans = spans[index...].map { Span(number: $0.number, first: $0.first - first) }
        samples.removeSubrange(first...)
        if !places.isEmpty { places.removeSubrange(first...) }
        spans.removeSubrange(index...)
        return rest
    }

    /// The segment without the strokes of these numbers; nil if it has none of them.
    func removing(_ numbers: Set<UInt32>) -> InkSegment? {
        guard spans.contains(where: { numbers.contains($0.number) }) else { return nil }
        var kept = InkSegment()
        for index in spans.indices where !numbers.contains(spans[index].number) {
            kept.beginStroke(number: spans[index].number)
            let (range, start) = (range(ofStroke: index), kept.sentCount)
            for at in range { kept.add(samples[at], at: start + place(at) - place(range.lowerBound)) }
        }
        return kept
    }
}
