import DuctusInk

/// Cuts a line into its words where the gaps between strokes tell them without doubt.
///
/// A gap is a strip of x that no stroke enters. The text says how many spaces there are; so many of the widest gaps are the spaces, if the
/// narrowest of them is clearly wider than the widest of all others.
public struct WordCutter: Sendable, Equatable {
    /// The least ratio of the narrowest space to the widest gap within a word.
    public var clearness: Float = 1.3

    /// The default rule.
    public init() {}

    /// The words of a line from left to right, at their heights above the line's arc-length-weighted middle, which comes to 0.
    ///
    /// - Parameter separator: the symbol between words.
    /// - Returns: nil where the text has one word, or the gaps do not tell the words.
    public func words(of line: InkLine, separator: Character = " ") -> [InkLine]? {
        let texts = (line.text ?? "").split(separator: separator)
        let boxes = line.strokes.map { Bounds(around: [$0]) }
        guard texts.count > 1, let extent = InkExtent(of: line.strokes),
            let cuts = cuts(between: boxes.compactMap { $0 }, spaces: texts.count - 1)
        else { return nil }
        var parts = [[Stroke]](repeating: [], count: texts.count)
        for (stroke, box) in zip(line.strokes, boxes) {
            guard let box else { continue }
            var moved = stroke
            for index in moved.samples.indices { moved.samples[index].y -= extent.middle }
            parts[cuts.count { $0 < box.midX }].append(moved)
        }
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        return zip(texts, parts).enumerated().map { number, word in
            InkLine(
                id: "\(line.id)#\(number)", source: line.source, writer: line.writer, language: line.language,
                text: String(word.0), strokes: word.1)
        }
    }

    /// The middles of the gaps that are spaces, from left to right.
    private func cuts(between boxes: [Bounds], spaces: Int) -> [Float]? {
        var gaps: [(width: Float, middle: Float)] = []
        var right: Float?
        for box in boxes.sorted(by: { $0.minX < $1.minX }) {
            if let right, box.minX > right { gaps.append((box.minX - right, (box.minX + right) / 2)) }
            right = max(right ?? box.maxX, box.maxX)
        }
        guard gaps.count >= spaces else { return nil }
        gaps.sort { $0.width > $1.width }
        let widest = gaps.count > spaces ? gaps[spaces].width : 0
        guard gaps[spaces - 1].width >= clearness * widest else { return nil }
        return gaps.prefix(spaces).map(\.middle).sorted()
    }
}
