import DuctusInk
import DuctusPages
import DuctusRandomness
import Testing

/// A page that a simulated pen wrote, with its lines known.
struct WrittenPage {
    var strokes: [Stroke] = []
    /// The strokes of each line, in reading order.
    var lines: [[Int]] = []

    private let pen: SimulatedPen
    private var seed: UInt64 = 0

    init(writer: UInt64 = 3, hand: Writer.Hand = .printed) {
        pen = SimulatedPen(writer: Writer(seed: writer, hand: hand))
    }

    /// Distance of base lines, in units of the device.
    var pitch: Float { Float(3 * pen.writer.letterHeight * pen.device.unitsPerMillimetre) }

    /// Writes a line that begins at `x`, its base line moved down by `y`.
    mutating func write(_ text: String, x: Float, y: Float, size: Float = 1) throws {
        seed += 1
        let ink = try pen.strokes(of: text, seed: seed)
        let box = try #require(Bounds(around: ink), "the pen wrote nothing: \(text)")
        let first = strokes.count
        strokes += ink.map { stroke in
            Stroke(
                stroke.samples.map { sample in
                    var moved = sample
                    moved.x = x + size * (moved.x - box.minX)
                    moved.y = y + box.maxY + size * (moved.y - box.maxY)
                    return moved
                })
        }
        lines.append(Array(first..<strokes.count))
    }

    mutating func write(_ texts: [String], x: Float = 0, y: Float = 0) throws {
        for (row, text) in texts.enumerated() { try write(text, x: x, y: y + Float(row) * pitch) }
    }

    /// The same page with its strokes in another order: `order[i]` comes to place i.
    func reordered(_ order: [Int]) -> WrittenPage {
        var page = self
        page.strokes = order.map { strokes[$0] }
        var place = [Int](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() { place[old] = new }
        page.lines = lines.map { $0.map { place[$0] }.sorted() }
        return page
    }

    func mapped(_ change: (Sample) -> Sample) -> WrittenPage {
        var page = self
        page.strokes = strokes.map { Stroke($0.samples.map(change)) }
        return page
    }

    /// The lines of text that the layout finds.
    func found() -> [[Int]] {
        PageLayout(of: strokes).pieces.filter { $0.kind == .text }.map(\.strokes)
    }
}

let prose = [
    "We agreed to move the release", "to the end of May because the", "new tests are not finished yet",
    "and the list of open questions", "is still longer than the page",
]
