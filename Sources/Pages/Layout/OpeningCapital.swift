/// Tells a capital letter that opens a line from a drawing: much larger than the letters of the page, it is written just before a letter that stands
/// beside it and reaches as high as half of it.
struct OpeningCapital {
    /// The height of small letters, in the units of the ink.
    let xHeight: Double

    /// The greatest distance from the letter behind it, in x-heights.
    private static let besides = 2.0
    /// The least share of its height that the letters behind it have.
    private static let leastShare = 0.5
    /// The letters whose height counts.
    private static let letters = 3

    /// The strokes of `drawn` that are such letters.
    ///
    /// - Parameter shapes: in the order in which they stand on the page, which may be the order of writing.
    func strokes(among drawn: Set<Int>, _ shapes: [StrokeShape]) -> Set<Int> {
        drawn.filter { at in
            let next = at + 1..<min(shapes.count, at + 1 + Self.letters)
            guard !next.isEmpty, !next.contains(where: drawn.contains), !drawn.contains(at - 1) else { return false }
            let capital = shapes[at].box, letter = shapes[at + 1].box
            let common = min(capital.maxY, letter.maxY) - max(capital.minY, letter.minY)
            let height = next.reduce(0) { max($0, shapes[$1].box.height) }
            return capital.midX < letter.midX && capital.minX < letter.minX
                && capital.gapX(to: letter) < Self.besides * xHeight
                && common > Self.leastShare * letter.height && height > Self.leastShare * capital.height
                && capital.width < 1.5 * capital.height
        }
    }
}
