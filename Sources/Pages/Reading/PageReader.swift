import DuctusInk
import DuctusRecognition

/// Whether ink is one line of writing or a page.
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
    public func read(_ strokes: [Stroke], layout choice: LayoutChoice = .auto) throws -> ReadPage {
        if choice == .line { return try readAsLine(strokes) }
        let layout = PageLayout(of: strokes)
        if choice == .auto, layout.isOneLine { return try readAsLine(strokes) }
        // Gentle slopes are the recognizer's own business; turned ink keeps its indexes.
        let level = abs(layout.angle) > 0.1 ? strokes.turned(by: -layout.angle) : strokes
        var page = ReadPage()
        for piece in layout.pieces {
            let box = Bounds(around: piece.strokes.map { strokes[$0] })
            guard let box else { continue }
            switch piece.kind {
            case .drawing:
                page.pieces.append(ReadPiece(kind: .drawing, strokes: piece.strokes, box: box, block: piece.block))
            case .text:
                page.pieces.append(
                    try readLine(piece.strokes, of: level, asWritten: strokes, box: box, block: piece.block))
            }
        }
        return page
    }

    private func readAsLine(_ strokes: [Stroke]) throws -> ReadPage {
        let members = strokes.indices.filter { Bounds(around: CollectionOfOne(strokes[$0])) != nil }
        guard let box = Bounds(around: strokes) else { return ReadPage() }
        return ReadPage(pieces: [try readLine(members, of: strokes, asWritten: strokes, box: box, block: 0)])
    }

    private func readLine(
        _ members: [Int], of level: [Stroke], asWritten strokes: [Stroke], box: Bounds, block: Int
    ) throws -> ReadPiece {
        let ordered = Self.ordered(members, of: level)
        let recognition = try recognizer.recognize(ordered.map { level[$0] })
        let words = LineWords(recognition: recognition, strokes: ordered.map { strokes[$0] }, indexes: ordered).words()
        let count = Float(max(1, recognition.symbols.count))
        return ReadPiece(
            kind: .text, text: recognition.text,
            confidence: recognition.symbols.reduce(0) { $0 + $1.confidence } / count,
            strokes: members, box: box, words: words,
            alternatives: recognition.alternatives.map(\.text).filter { $0 != recognition.text }, block: block)
    }

    /// The strokes of a line in the order in which they are read.
    private static func ordered(_ members: [Int], of strokes: [Stroke]) -> [Int] {
        let line = members.map { strokes[$0] }
        var shapes = (SteepLine.levelled(line) ?? line).map { stroke in
            StrokeShape(
                index: 0,
                points: stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
                    .map { PlanePoint(Double($0.x), Double($0.y)) })
        }
        let scale = InkScale(measuring: &shapes)
        return LineOrder.order(of: shapes.map(\.box), xHeight: scale.xHeight).map { members[$0] }
    }
}
