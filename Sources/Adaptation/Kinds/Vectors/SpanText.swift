import DuctusRecognition

/// The notation of corrections for models that label every frame: `WALK` for the whole segment, or `WALK@0-12.5 REST@12.5-20` in seconds
/// from its begin. Of what no span covers nothing is said.
enum SpanText {
    /// The spans in vectors, in order, cut off at the segment's end.
    ///
    /// - Returns: nil for a text that is written otherwise, and for spans that overlap, are empty, or begin behind the end.
    static func spans(of text: String, in vectors: SensorVectors) -> [SensorRecording.Span]? {
        let count = vectors.values.count / max(1, vectors.channels.count)
        var spans: [SensorRecording.Span] = []
        for part in text.split(separator: " ") {
            let pieces = part.split(separator: "@", omittingEmptySubsequences: false)
            guard let name = pieces.first, !name.isEmpty,
                let range = range(pieces.dropFirst(), count: count, rate: vectors.rate),
                !range.isEmpty, range.lowerBound >= spans.last?.end ?? 0
            else { return nil }
            spans.append(.init(first: range.lowerBound, end: range.upperBound, name: String(name)))
        }
        return spans.isEmpty ? nil : spans
    }

    private static func range(_ pieces: ArraySlice<Substring>, count: Int, rate: Double) -> Range<Int>? {
        guard let seconds = pieces.first else { return 0..<count }
        let bounds = seconds.split(separator: "-", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard pieces.count == 1, bounds.count == 2, bounds[0] >= 0, bounds[0] <= bounds[1] else { return nil }
        let vectors = bounds.map { Int(min($0 * rate, Double(count)).rounded()) }
        return vectors[0]..<vectors[1]
    }
}
