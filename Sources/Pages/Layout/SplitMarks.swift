import DuctusDrawing

/// Finds marks that say where a word is to be divided, or where a space is wanted: an upright bar through a line, far taller than its letters.
///
/// Letters and signs that are bars, as l, 1 and |, reach no farther than other tall letters, or not both up and down.
enum SplitMarks {
    /// The least straightness of a mark, and the least ratio of its height to its width.
    private static let straight = 0.97
    private static let upright = 5.0
    /// The least height of a mark as a multiple of that of all letters together, and how far it stands out above and below them.
    private static let taller = 1.6
    private static let out = 0.15
    /// The least number of turns of the pen in letters that tell the height of the line.
    private static let leastSwings = 4

    /// The marks through one line.
    ///
    /// - Parameters:
    ///   - line: its strokes.
    ///   - drawn: strokes that are held for drawings: a long bar looks like a rule.
    static func find(in line: [Int], drawn: Set<Int>, _ shapes: [StrokeShape]) -> [Int] {
        (line + drawn.sorted()).filter { at in
            let bar = shapes[at]
            guard bar.straightness > straight, bar.box.height > upright * bar.box.width else { return false }
            let letters = line.filter { $0 != at }
            var box = PlaneBox()
            for letter in letters { box.formUnion(shapes[letter].box) }
            guard letters.reduce(0, { $0 + shapes[$1].swings.count }) >= leastSwings,
                bar.box.height > taller * box.height, bar.box.minY < box.minY - out * box.height,
                bar.box.maxY > box.maxY + out * box.height, bar.box.midX > box.minX, bar.box.midX < box.maxX
            else { return false }
            // A bar that reaches into other lines is a rule.
            let own = Set(line)
            return !shapes.indices.contains {
                $0 != at && !own.contains($0) && shapes[$0].box.gapX(to: bar.box) == 0
                    && shapes[$0].box.gapY(to: bar.box) == 0
            }
        }
    }
}
