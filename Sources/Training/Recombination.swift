import DuctusInk
import DuctusRandomness

/// New lines out of one writer's words, set side by side: contexts and spaces that the collection of words lacks.
///
/// Words of one writer and device have one size, so only their places change: each word's arc-length-weighted middle comes to the
/// height of the line's, as the local normalization of the features has it in real lines. Words that were cut out of lines keep their heights.
public struct Recombination: Sendable, Equatable {
    /// Words of a new line.
    public var words = 2...6
    /// Distance between two words, in deviations of y (about half the height of a small letter).
    public var gap: ClosedRange<Float> = 1.4...4.2
    /// Deviation of a word's height above the line, in the same unit.
    public var wander: Float = 0.25
    /// Microseconds between two words.
    public var pause: ClosedRange<Int64> = 200_000...1_200_000

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
    /// - Parameters:
    ///   - separator: between the words' texts.
    ///   - keepsHeights: the words' y are above the line already (`WordCutter`).
    /// - Returns: the line, without times where a word has none; nil where a word has no ink or no text.
    public func line(
        of words: [InkLine], separator: String = " ", keepsHeights: Bool = false, using random: inout SplitMix64
    ) -> InkLine? {
        guard let first = words.first else { return nil }
        let moments = words.map { InkExtent(of: $0.strokes) }
        let deviations = moments.compactMap { $0?.deviation }.filter { $0 > 0 }.sorted()
        guard moments.allSatisfy({ $0 != nil }), !deviations.isEmpty else { return nil }
        let unit = deviations[deviations.count / 2]
        var strokes: [Stroke] = []
        var right: Float?
        let isTimed = words.allSatisfy { $0.strokes.allSatisfy { $0.samples.allSatisfy { $0.time != nil } } }
        var end: Int64?
        for (word, extent) in zip(words, moments.compactMap { $0 }) {
            let gap = unit * Float.random(in: self.gap, using: &random)
            let shiftX = right.map { $0 + gap - extent.bounds.minX } ?? 0
            let shiftY = random.normal(deviation: wander * unit) - (keepsHeights ? 0 : extent.middle)
            let begin = isTimed ? word.strokes.first?.samples.first?.time : nil
            let later = begin.map { begin in
                end.map { $0 + Int64.random(in: pause, using: &random) - begin } ?? 0
            }
            for stroke in word.strokes {
                var moved = stroke
                for index in moved.samples.indices {
                    moved.samples[index].x += shiftX
                    moved.samples[index].y += shiftY
                    moved.samples[index].time = later.flatMap { later in moved.samples[index].time.map { $0 + later } }
                }
                strokes.append(moved)
            }
            end = isTimed ? strokes.last?.samples.last?.time : nil
            right = extent.bounds.maxX + shiftX
        }
        let texts = words.compactMap(\.text)
        guard texts.count == words.count else { return nil }
        return InkLine(
            id: words.map(\.id).joined(separator: "+"), source: first.source, writer: first.writer,
            language: first.language, text: texts.joined(separator: separator), strokes: strokes)
    }
}

/// The extent of some ink: its box, and the arc-length-weighted mean and deviation of y.
struct InkExtent {
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
