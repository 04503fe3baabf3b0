import DuctusInk

/// The order of writing of strokes that come in another one, told by their times.
enum TimeOrder {
    /// The indexes of `strokes` in the order of their times; nil where they have none, or none of one clock: then strokes overlap.
    static func order(of strokes: [Stroke]) -> [Int]? {
        var spans: [(start: Int64, end: Int64, stroke: Int)] = []
        spans.reserveCapacity(strokes.count)
        for (index, stroke) in strokes.enumerated() where !stroke.samples.isEmpty {
            guard let start = stroke.samples.first?.time, let end = stroke.samples.last?.time, start <= end else {
                return nil
            }
            spans.append((start, end, index))
        }
        spans.sort { ($0.start, $0.stroke) < ($1.start, $1.stroke) }
        guard zip(spans, spans.dropFirst()).allSatisfy({ $0.end <= $1.start && $0.start < $1.start }) else {
            return nil
        }
        // Strokes without a sample are nowhere.
        return spans.map(\.stroke) + strokes.indices.filter { strokes[$0].samples.isEmpty }
    }
}
