/// A confusion matrix as a picture: true classes from top to bottom, read classes from left to right.
///
/// A cell is the darker the larger its share of its row; rows without any count stay white.
public struct ConfusionPicture: Sendable {
    /// The heading above the matrix.
    public var title: String
    /// Names of the classes, in the order of rows and columns.
    public var names: [String]
    /// Counts: class `i` (row) was read as class `j` (column). As many rows and columns as names.
    public var counts: [[Int]]

    /// - Precondition: `counts` is a square of the size of `names`, and nothing is counted less than zero times.
    public init(title: String, names: [String], counts: [[Int]]) {
        precondition(counts.count == names.count, "as many rows as names")
        precondition(
            counts.allSatisfy { $0.count == names.count && $0.allSatisfy { $0 >= 0 } }, "as many columns as names")
        self.title = title
        self.names = names
        self.counts = counts
    }

    /// The picture; cells shrink when there are many.
    public func drawing() -> Drawing {
        let cell = min(max(900 / Double(max(names.count, 1)), 13), 44)
        let type = min(cell * 0.42, 13)
        let longest = Double(names.map(\.count).max() ?? 0)
        let left = 44 + longest * 13 * 0.6
        let top = 56 + longest * 13 * 0.6
        let side = cell * Double(names.count)
        var drawing = Drawing(width: max(left + side + 20, 240), height: top + side + 20)
        drawing.add(.init(title, at: .init(16, 24), size: 16))
        drawing.add(.init("read as", at: .init(left + side / 2, 44), size: 13, anchor: .middle, color: .gray))
        drawing.add(
            .init("meant", at: .init(20, top + side / 2), size: 13, anchor: .middle, color: .gray, isUpright: true))
        for (row, name) in names.enumerated() {
            let middle = (Double(row) + 0.5) * cell
            let size = min(13, cell * 0.8)
            drawing.add(.init(name, at: .init(left - 6, top + middle + size * 0.3), size: size, anchor: .end))
            drawing.add(.init(name, at: .init(left + middle + size * 0.3, top - 6), size: size, isUpright: true))
            let total = counts[row].reduce(0.0) { $0 + Double($1) }
            for (column, count) in counts[row].enumerated() where count > 0 {
                let share = Double(count) / total
                let place = PlanePoint(left + Double(column) * cell, top + Double(row) * cell)
                // Small shares are what one looks for: the square root makes them visible.
                let full = row == column ? Color.distinct[0] : Color.distinct[1]
                let color = Color.white.mixed(with: full, share: share.squareRoot())
                drawing.add(.init(x: place.x, y: place.y, width: cell, height: cell, color: color))
                guard cell >= 22 else { continue }
                drawing.add(
                    .init(
                        Self.brief(count), at: place + PlanePoint(cell / 2, cell / 2 + type * 0.35), size: type,
                        anchor: .middle,
                        color: share > 0.4 ? .white : .black))
            }
        }
        for line in 0...names.count {
            let at = Double(line) * cell
            drawing.add(.init([.init(left, top + at), .init(left + side, top + at)], width: 0.8, color: .paleGray))
            drawing.add(.init([.init(left + at, top), .init(left + at, top + side)], width: 0.8, color: .paleGray))
        }
        return drawing
    }

    /// A count in at most four characters.
    private static func brief(_ count: Int) -> String {
        count < 10_000 ? "\(count)" : count < 10_000_000 ? "\(count / 1000)k" : "\(count / 1_000_000)M"
    }
}
