import DuctusDrawing
import DuctusInk

/// Moves words that stand above a line to the place where they belong. They are moved down to the line and scaled to the size of its hand;
/// the rest of the line is moved aside. So the line is read as if it had been written at once.
struct WordsPutIn {
    private let strokes: [Stroke]
    /// The strokes' indexes on the page.
    private let members: [Int]
    /// The height of the words' small letters, in the units of the ink.
    private let xHeight: Double
    private let box: Bounds
    /// The y of the letters' middles, in the units of the ink.
    private let middle: Double

    /// The gap between words, in x-heights.
    private static let space = 1.2
    /// Words of another size are scaled by no more.
    private static let mostScaling = 2.0
    /// The letters of the line that tell its height, on each side of the words.
    private static let neighbours = 12

    /// - Parameters:
    ///   - order: in which the words' strokes are read.
    ///   - level: the page's strokes.
    init(_ words: MeasuredLine, order: [Int], of level: [Stroke]) {
        strokes = order.map { level[words.members[$0]] }
        members = order.map { words.members[$0] }
        xHeight = words.xHeight
        box = Bounds(around: strokes) ?? Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0)
        middle = Self.middle(of: strokes) ?? Double(box.midY)
    }

    /// Puts the words into a line.
    ///
    /// - Parameters:
    ///   - ink: the line's strokes in the order in which they are read.
    ///   - numbers: their indexes on the page.
    ///   - leading: the indexes of those that stand before the words.
    ///   - line: the height of the line's small letters, in the units of the ink.
    func put(into ink: inout [Stroke], _ numbers: inout [Int], behind leading: Set<Int>, xHeight line: Double) {
        let before = numbers.indices.filter { leading.contains(numbers[$0]) }
        let after = numbers.indices.filter { !leading.contains(numbers[$0]) }
        let left = Bounds(around: before.map { ink[$0] }), right = Bounds(around: after.map { ink[$0] })
        let near = before.suffix(Self.neighbours) + after.prefix(Self.neighbours)
        guard let height = Self.middle(of: near.map { ink[$0] }) else { return }
        let ratio = Float(line / xHeight)
        let scale = abs(ratio - 1) < 0.2 ? 1 : min(Float(Self.mostScaling), max(1 / Float(Self.mostScaling), ratio))
        let space = Float(Self.space * line), width = box.width * scale
        let start = left.map { $0.maxX + space } ?? (right?.minX ?? 0) - width - space
        let moved = strokes.map { stroke in
            stroke.mapped { sample in
                sample.x = start + (sample.x - box.minX) * scale
                sample.y = Float(height) + (sample.y - Float(middle)) * scale
            }
        }
        // The rest of the line begins a space behind the words.
        let shift = right.map { max(0, start + width + space - $0.minX) } ?? 0
        let rest = after.map { at in ink[at].mapped { $0.x += shift } }
        let order = before.map { numbers[$0] } + members + after.map { numbers[$0] }
        ink = before.map { ink[$0] } + moved + rest
        numbers = order
    }

    /// The mean height of the strokes, weighted by their lengths; nil where they have none.
    private static func middle(of strokes: [Stroke]) -> Double? {
        var sum = 0.0, length = 0.0
        for stroke in strokes {
            for (from, to) in zip(stroke.samples, stroke.samples.dropFirst()) {
                let way = PlanePoint(Double(to.x - from.x), Double(to.y - from.y)).norm
                guard way.isFinite else { continue }
                sum += way * Double(from.y + to.y) / 2
                length += way
            }
        }
        return length > 0 ? sum / length : nil
    }
}

extension Stroke {
    fileprivate func mapped(_ change: (inout Sample) -> Void) -> Stroke {
        Stroke(
            samples.map { sample in
                var changed = sample
                change(&changed)
                return changed
            })
    }
}
