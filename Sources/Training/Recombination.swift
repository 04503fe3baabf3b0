import DuctusInk
import DuctusRandomness

/// New lines out of one writer's words, set side by side: contexts and spaces that the collection of words lacks.
///
/// Words of one writer and device have one size, so only their places change: each word's arc-length-weighted middle comes to the
/// height of the line's, as the local normalization of the features has it in real lines.
public struct Recombination: Sendable, Equatable {
    /// Words of a new line.
    public var words = 2...6
    /// Distance between two words, in deviations of y (about half the height of a small letter).
    public var gap: ClosedRange<Float> = 1.4...4.2
    /// Deviation of a word's height above the line, in the same unit.
    public var wander: Float = 0.25

    /// The default rule.
    public init() {}

    /// Divides a writer's words into lines, in random order; each word is in one line. A single word that is left makes none.
    ///
    /// - Returns: for each line the indexes of its words in `words`.
    public func groups(of words: Range<Int>, using random: inout SplitMix64) -> [[Int]] {
        var left = Array(words).shuffled(using: &random)
        var groups: [[Int]] = []
        while left.count >= max(2, self.words.lowerBound) {
            let count = min(left.count, Int.random(in: self.words, using: &random))
            groups.append(Array(left.suffix(count)))
            left.removeLast(count)
        }
        return groups
    }

    /// Sets words side by side, in the order of `words`.
    ///
    /// - Parameter separator: between the words' texts.
    /// - Returns: the line, without times between the words; nil where a word has no ink or no text.
    public func line(of words: [InkLine], separator: String = " ", using random: inout SplitMix64) -> InkLine? {
        guard let first = words.first else { return nil }
        let moments = words.map { InkExtent(of: $0.strokes) }
        let deviations = moments.compactMap { $0?.deviation }.filter { $0 > 0 }.sorted()
        guard moments.allSatisfy({ $0 != nil }), !deviations.isEmpty else { return nil }
        let unit = deviations[deviations.count / 2]
        var strokes: [Stroke] = []
        var right: Float?
        for (word, extent) in zip(words, moments.compactMap { $0 }) {
            let gap = unit * Float.random(in: self.gap, using: &random)
            let shiftX = right.map { $0 + gap - extent.bounds.minX } ?? 0
            let shiftY = random.normal(deviation: wander * unit) - extent.middle
            for stroke in word.strokes {
                var moved = stroke
                for index in moved.samples.indices {
                    moved.samples[index].x += shiftX
                    moved.samples[index].y += shiftY
                    moved.samples[index].time = nil
                }
                strokes.append(moved)
            }
            right = extent.bounds.maxX + shiftX
        }
        let texts = words.compactMap(\.text)
        guard texts.count == words.count else { return nil }
        return InkLine(
            id: words.map(\.id).joined(separator: "+"), source: first.source, writer: first.writer,
            language: first.language, text: texts.joined(separator: separator), strokes: strokes)
    }
}

/// The extent of a word's ink: its box, and the arc-length-weighted mean and deviation of y.
private struct InkExtent {
    var bounds: Bounds
    var middle: Float
    var deviation: Float

    init?(of strokes: [Stroke]) {
        guard let bounds = Bounds(around: strokes) else { return nil }
        self.bounds = bounds
        var (weight, sum, squares) = (0.0, 0.0, 0.0)
        for stroke in strokes {
            for (a, b) in zip(stroke.samples, stroke.samples.dropFirst()) {
                let (dx, dy) = (Double(b.x - a.x), Double(b.y - a.y))
                let length = (dx * dx + dy * dy).squareRoot()
                guard length.isFinite else { continue }
                let y = Double(a.y + b.y) / 2
                weight += length
                sum += length * y
                // Along a straight piece, y is spread evenly.
                squares += length * (y * y + dy * dy / 12)
            }
        }
        guard weight > 0 else {
            (middle, deviation) = (bounds.midY, 0)
            return
        }
        let mean = sum / weight
        middle = Float(mean)
        deviation = Float(max(0, squares / weight - mean * mean).squareRoot())
    }
}
