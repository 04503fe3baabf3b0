import DuctusDrawing
import DuctusInk
import DuctusRecognition

/// The layout of ink: one line of writing, or a page.
public enum LayoutChoice: String, Sendable, CaseIterable {
    /// One line where the ink stands on one, else a page.
    case auto
    /// One line, whatever it looks like.
    case line
    /// A page: lines, columns and drawings are looked for.
    case page
}

/// Reads pages of ink: finds the lines, the drawings and their order, and reads the lines with a recognizer.
///
/// Works on strokes alone, in any units and any order; see ``PageLayout`` for how the lines are found. Keeps the recognizer's memory from page to
/// page; used by one thread at a time.
public final class PageReader {
    private let recognizer: Recognizer

    public init(recognizer: Recognizer) {
        self.recognizer = recognizer
    }

    /// Reads one page.
    ///
    /// - Parameters:
    ///   - strokes: device units, y down, with or without times; the order of writing is evidence where it agrees with the lines.
    ///   - layout: what the ink is.
    /// - Returns: every stroke with ink in it is in one piece, or unused. Indexes are those of `strokes`.
    /// - Throws: `ModelError.wrongInput` where the model reads sensor vectors.
    public func read(_ strokes: [Stroke], layout: LayoutChoice = .auto) throws -> ReadPage {
        try readWithRecognitions(strokes, layout: layout).page
    }

    /// How a line was read.
    public struct Line: Sendable {
        public let recognition: Recognition
        /// The line's strokes in the order in which they were read, which the recognition's own indexes count: those of the page.
        public let strokes: [Int]
        fileprivate let isInOrder: Bool

        fileprivate func renumbered(by order: [Int]) -> Line {
            let strokes = strokes.map { order[$0] }
            return Line(recognition: recognition, strokes: strokes, isInOrder: strokes == strokes.sorted())
        }

        /// The recognition, if the strokes were read in their own order.
        public var inOwnOrder: Recognition? { isInOrder ? recognition : nil }
    }

    /// Reads one page, and hands over the lines' recognitions as well.
    ///
    /// - Returns: for each piece how it was read; nil for drawings.
    public func readWithRecognitions(
        _ strokes: [Stroke], layout choice: LayoutChoice = .auto
    ) throws -> (page: ReadPage, lines: [Line?]) {
        guard let order = TimeOrder.order(of: strokes) else { return try read(strokes, choice, isTimed: false) }
        guard order != Array(strokes.indices) else { return try read(strokes, choice, isTimed: true) }
        let (page, lines) = try read(order.map { strokes[$0] }, choice, isTimed: true)
        return (page.renumbered(by: order), lines.map { $0?.renumbered(by: order) })
    }

    /// Reads strokes in the order in which they come.
    ///
    /// - Parameter isTimed: that is the order of writing.
    private func read(
        _ strokes: [Stroke], _ choice: LayoutChoice, isTimed: Bool
    ) throws -> (page: ReadPage, lines: [Line?]) {
        let layout = choice == .line ? nil : PageLayout(of: strokes)
        guard let layout, choice == .page || !layout.isOneLine(of: strokes.count) else {
            return try readAsLine(strokes, isTimed: isTimed)
        }
        // Gentle slopes are the recognizer's own business; turned ink keeps its indexes.
        let level = abs(layout.angle) > Self.leastTurn ? strokes.turned(by: -layout.angle) : strokes
        var page = ReadPage(unused: layout.unused), lines: [Line?] = []
        for piece in layout.pieces {
            guard let box = Bounds(around: piece.strokes.map { strokes[$0] }) else { continue }
            switch piece.kind {
            case .drawing:
                page.pieces.append(ReadPiece(kind: .drawing, strokes: piece.strokes, box: box, block: piece.block))
                lines.append(nil)
            case .text:
                let (read, line) = try readLine(
                    piece.strokes, of: level, asWritten: strokes, block: piece.block, isTimed: isTimed)
                page.pieces.append(read)
                lines.append(line)
            }
        }
        return (page, lines)
    }

    /// A page that slopes less is read as it is, in radians.
    private static let leastTurn = 0.1

    private func readAsLine(_ strokes: [Stroke], isTimed: Bool) throws -> (page: ReadPage, lines: [Line?]) {
        let (piece, line) = try readLine(
            Array(strokes.indices), of: strokes, asWritten: strokes, block: 0, isTimed: isTimed)
        return (ReadPage(pieces: [piece]), [line])
    }

    private func readLine(
        _ members: [Int], of level: [Stroke], asWritten strokes: [Stroke], block: Int, isTimed: Bool
    ) throws -> (ReadPiece, Line) {
        let ordered = Self.ordered(members, of: level, isTimed: isTimed)
        let recognition = try recognizer.recognize(ordered.map { level[$0] })
        var piece = ReadPiece(recognition, of: ordered.map { strokes[$0] }, numbered: ordered)
        piece.block = block
        return (piece, Line(recognition: recognition, strokes: ordered, isInOrder: ordered == members))
    }

    /// The strokes of a line in the order in which they are read.
    private static func ordered(_ members: [Int], of strokes: [Stroke], isTimed: Bool) -> [Int] {
        let line = members.map { strokes[$0] }
        var shapes = (SteepLine.levelled(line) ?? line).map { stroke in
            StrokeShape(
                index: 0,
                points: stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
                    .map { PlanePoint(Double($0.x), Double($0.y)) })
        }
        let scale = InkScale(measuring: &shapes)
        return LineOrder.order(of: shapes, xHeight: scale.xHeight, isTimed: isTimed).map { members[$0] }
    }
}
