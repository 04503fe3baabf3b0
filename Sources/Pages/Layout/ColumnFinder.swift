import Foundation

/// Divides a page into blocks at wide vertical white space: columns, margin notes.
///
/// A river is a strip of the page that no stroke enters, with writing on both sides of it, over most of the height that the two sides
/// share. Words stand above each other by chance in two or three lines, not in all of a page.
struct ColumnFinder {
    /// The height of small letters, in the units of the ink.
    let unit: Double
    /// Rows, of two units each, that must have writing on both sides.
    private static let leastRows = 4
    /// The narrowest column, in `unit`s. Bullets and numbers in front of lines are narrower, and make none.
    private static let narrowestColumn = 5.0

    /// The least ratio of a heading's letters to those of its text.
    private static let larger = 1.3
    /// The widest space between a heading's words, in heights of its letters.
    private static let widestSpace = 2.5

    /// The narrowest river between columns that share so many rows, in `unit`s. A long river is less likely to be chance, and may be narrower.
    private static func narrowestRiver(rows: Int) -> Double { max(1, 2.8 - 0.12 * Double(rows - leastRows)) }

    /// The blocks, left to right; each holds indexes into `shapes`.
    func blocks(of shapes: [StrokeShape], _ members: [Int]) -> [[Int]] {
        guard members.count > 3, let x = river(in: shapes, members) else { return [members] }
        if let heading = heading(over: x, shapes, members) {
            let below = Set(members).subtracting(heading)
            let rest = members.filter(below.contains)
            // Columns that end with what stands above them were no columns below a heading.
            if rest.count > 3, river(in: shapes, rest) != nil { return [heading] + blocks(of: shapes, rest) }
        }
        let left = members.filter { shapes[$0].box.midX < x }, right = members.filter { shapes[$0].box.midX >= x }
        guard !left.isEmpty, !right.isEmpty else { return [members] }
        return blocks(of: shapes, left) + blocks(of: shapes, right)
    }

    /// A line above both columns, whose words stand apart by chance where the river runs: its letters are larger than theirs, and so is
    /// the space between its words.
    private func heading(over x: Double, _ shapes: [StrokeShape], _ members: [Int]) -> [Int]? {
        // The first white space that reaches across the page.
        let ordered = members.sorted { shapes[$0].box.minY < shapes[$1].box.minY }
        var end = shapes[ordered[0]].box.maxY
        guard
            let below = ordered.indices.dropFirst().first(where: { at in
                defer { end = max(end, shapes[ordered[at]].box.maxY) }
                return shapes[ordered[at]].box.minY > end
            })
        else { return nil }
        var top = ordered[..<below].map { shapes[$0] }, rest = ordered[below...].map { shapes[$0] }
        let left = top.filter { $0.box.midX < x }.map(\.box.maxX).max()
        let right = top.filter { $0.box.midX >= x }.map(\.box.minX).min()
        guard let left, let right else { return nil }
        let size = InkScale(measuring: &top).xHeight
        guard size > Self.larger * InkScale(measuring: &rest).xHeight, right - left < Self.widestSpace * size else {
            return nil
        }
        let strokes = Set(ordered[..<below])
        return members.filter(strokes.contains)
    }

    /// The middle of the widest river through all of the members.
    private func river(in shapes: [StrokeShape], _ members: [Int]) -> Double? {
        let boxes = members.map { shapes[$0].box }.sorted { $0.minX < $1.minX }
        // What stands at the right of each gap, from the last one on: strokes do not reach into a gap.
        var rights: [Side] = []
        for box in boxes.dropFirst().reversed() { rights.append((rights.last ?? Side()).with(box, unit: unit)) }
        var left = Side()
        var reach = boxes[0].maxX
        var best: (x: Double, width: Double)?
        for (before, box) in zip(boxes, boxes.dropFirst()) {
            left = left.with(before, unit: unit)
            guard let right = rights.popLast() else { break }
            let width = box.minX - reach
            if width > 0.5 * unit, width > best?.width ?? 0,
                isBetweenColumns(shapes, members, x: reach + width / 2, width: width, left, right)
            {
                best = (reach + width / 2, width)
            }
            reach = max(reach, box.maxX)
        }
        return best?.x
    }

    /// The strokes on one side of a gap.
    private struct Side {
        var box = PlaneBox()
        /// The first and the last row.
        var rows: ClosedRange<Int>?

        func with(_ stroke: PlaneBox, unit: Double) -> Side {
            let row = Int((stroke.midY / (2 * unit)).rounded(.down))
            var side = self
            side.box.formUnion(stroke)
            side.rows = min(row, rows?.lowerBound ?? row)...max(row, rows?.upperBound ?? row)
            return side
        }
    }

    private func isBetweenColumns(
        _ shapes: [StrokeShape], _ members: [Int], x: Double, width: Double, _ left: Side, _ right: Side
    ) -> Bool {
        guard let leftRows = left.rows, let rightRows = right.rows else { return false }
        let shared =
            min(leftRows.upperBound, rightRows.upperBound) - max(leftRows.lowerBound, rightRows.lowerBound) + 1
        guard shared >= Self.leastRows, min(left.box.width, right.box.width) > Self.narrowestColumn * unit else {
            return false
        }
        let isWide = width > Self.narrowestRiver(rows: shared) * unit
        // Written line by line, one side after the other: so are no lines. Strokes that are sorted by place have no returns.
        guard isWide || shared >= 2 * Self.leastRows && wereWrittenApart(shapes, members, x: x) else { return false }
        return !wasWrittenInRows(shapes, members, x: x)
    }

    private func wereWrittenApart(_ shapes: [StrokeShape], _ members: [Int], x: Double) -> Bool {
        var crossings = 0, returns = 0
        for (from, to) in zip(members, members.dropFirst()) {
            let last = shapes[from].box, box = shapes[to].box
            if (last.midX < x) != (box.midX < x) { crossings += 1 }
            if box.minX < last.minX - 4 * unit { returns += 1 }
        }
        return crossings <= 2 && returns >= 3
    }

    /// Forms and tables are written row by row: the pen crosses the gap again and again, always to the right in a row.
    private func wasWrittenInRows(_ shapes: [StrokeShape], _ members: [Int], x: Double) -> Bool {
        var crossings = 0, inRow = 0
        for (from, to) in zip(members, members.dropFirst()) {
            let a = shapes[from].box, b = shapes[to].box
            guard (a.midX < x) != (b.midX < x) else { continue }
            crossings += 1
            if a.midX < x, abs(a.midY - b.midY) < 2 * unit { inRow += 1 }
        }
        let heights = members.map { shapes[$0].box.midY }
        guard let top = heights.min(), let bottom = heights.max() else { return false }
        let rows = (bottom - top) / (4 * unit)
        return crossings < members.count / 4 && inRow >= 2 && Double(2 * inRow) > 0.3 * rows
    }
}
