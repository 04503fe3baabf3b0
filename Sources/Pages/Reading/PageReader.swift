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

    /// A reader whose lines are read by `recognizer`, which nothing else may use meanwhile.
    public init(recognizer: Recognizer) {
        self.recognizer = recognizer
    }

    /// Reads one page.
    ///
    /// - Parameters:
    ///   - strokes: device units, y down, with or without times; the order of writing is evidence where it agrees with the lines.
    ///   - layout: whether the ink is one line or a page.
    /// - Returns: every stroke with ink in it is in one piece, or unused. Indexes are those of `strokes`.
    /// - Throws: `ModelError.wrongInput` where the model reads sensor vectors.
    public func read(_ strokes: [Stroke], layout: LayoutChoice = .auto) throws -> ReadPage {
        try readWithRecognitions(strokes, layout: layout).page
    }

    /// The reading of a line.
    public struct Line: Sendable {
        /// The recognition of the line.
        public let recognition: Recognition
        /// The line's strokes in the order in which they were read, which the recognition's own indexes count: those of the page.
        public let strokes: [Int]
        /// The probability that the strokes are text in the model's script at all, 0…1. It is a factor of the piece's
        /// confidences.
        public let legibility: Float
        fileprivate let isInOrder: Bool

        fileprivate func renumbered(by order: [Int]) -> Line {
            let strokes = strokes.map { order[$0] }
            return Line(
                recognition: recognition, strokes: strokes, legibility: legibility,
                isInOrder: strokes == strokes.sorted())
        }

        /// The recognition, if the strokes were read in their own order.
        public var inOwnOrder: Recognition? { isInOrder ? recognition : nil }
    }

    /// Reads one page, and hands over the lines' recognitions as well.
    ///
    /// - Parameter turn: the clockwise turn after which the writing stands upright; nil: it is found, where the ink is no single line by `layout`.
    /// - Returns: for each piece how it was read; nil for drawings. Boxes are those of `strokes`, whatever the turn.
    public func readWithRecognitions(
        _ strokes: [Stroke], layout choice: LayoutChoice = .auto, turn: QuarterTurn? = nil
    ) throws -> (page: ReadPage, lines: [Line?]) {
        if let turn { return try read(strokes, choice, turned: turn) }
        let asItIs = try readInOrder(strokes, choice)
        guard choice != .line, PageTurn.isDoubtful(asItIs.page, of: strokes.count) else { return asItIs }
        // A few lines tell the turn: an illegible page costs little more than one that is read.
        var best: (turn: QuarterTurn, sureness: Float)?
        for turn in [QuarterTurn.quarter, .threeQuarters, .half] {
            let (page, _) = try read(strokes, choice, turned: turn, most: PageTurn.mostLines)
            let sureness = PageTurn.sureness(of: page, of: page.pieces.reduce(0) { $0 + $1.strokes.count })
            if PageTurn.isPlain(page, sureness), sureness > best?.sureness ?? 0 { best = (turn, sureness) }
        }
        guard let best else { return asItIs }
        let turned = try read(strokes, choice, turned: best.turn)
        return PageTurn.isPlain(turned.page, PageTurn.sureness(of: turned.page, of: strokes.count)) ? turned : asItIs
    }

    private func read(
        _ strokes: [Stroke], _ choice: LayoutChoice, turned turn: QuarterTurn, most: Int? = nil
    ) throws -> (page: ReadPage, lines: [Line?]) {
        guard turn != .none else { return try readInOrder(strokes, choice, most: most) }
        let (page, lines) = try readInOrder(strokes.map { Stroke($0.samples.map(turn.upright)) }, choice, most: most)
        return (page.turnedBack(turn), lines)
    }

    private func readInOrder(
        _ strokes: [Stroke], _ choice: LayoutChoice, most: Int? = nil
    ) throws -> (page: ReadPage, lines: [Line?]) {
        guard let order = TimeOrder.order(of: strokes) else {
            return try read(strokes, choice, isTimed: false, most: most)
        }
        guard order != Array(strokes.indices) else { return try read(strokes, choice, isTimed: true, most: most) }
        let (page, lines) = try read(order.map { strokes[$0] }, choice, isTimed: true, most: most)
        return (page.renumbered(by: order), lines.map { $0?.renumbered(by: order) })
    }

    /// Reads strokes in the order in which they come.
    ///
    /// - Parameters:
    ///   - isTimed: that is the order of writing.
    ///   - most: the number of lines that are read, the longest; nil: all of them. The others are in no piece.
    private func read(
        _ strokes: [Stroke], _ choice: LayoutChoice, isTimed: Bool, most: Int?
    ) throws -> (page: ReadPage, lines: [Line?]) {
        let layout = choice == .line ? nil : PageLayout(of: strokes)
        guard let layout, choice == .page || !layout.isOneLine(of: strokes.count) else {
            return try readAsLine(strokes, isTimed: isTimed)
        }
        // Gentle slopes are the recognizer's own business, as they are while the page is written; turned ink keeps its indexes.
        let level = abs(layout.angle) > Self.leastTurn ? strokes.turned(by: -layout.angle) : strokes
        let chosen = most.map { layout.longest($0) }
        let measured = layout.pieces.enumerated().map { at, piece in
            piece.kind == .drawing || chosen?.contains(at) == false ? nil : MeasuredLine(piece.hosts, of: level)
        }
        let isWritten = isTimed || LineOrder.isOrderOfWriting(measured.compactMap { $0 })
        var page = ReadPage(unused: layout.unused), texts: [LineToRead] = []
        for (piece, line) in zip(layout.pieces, measured) {
            guard let box = Bounds(around: piece.strokes.map { strokes[$0] }) else { continue }
            guard let line else {
                guard piece.kind == .drawing else { continue }
                page.pieces.append(ReadPiece(kind: .drawing, strokes: piece.strokes, box: box, block: piece.block))
                continue
            }
            var ordered = LineOrder.order(of: line, isWritten: isWritten).map { line.members[$0] }
            var ink = ordered.map { level[$0] }
            for insertion in piece.insertions {
                let words = MeasuredLine(insertion.strokes, of: level)
                let order = LineOrder.order(of: words, isWritten: isWritten)
                WordsPutIn(words, order: order, of: level).put(
                    into: &ink, &ordered, behind: Set(insertion.leading), xHeight: line.xHeight)
            }
            texts.append(
                LineToRead(
                    place: page.pieces.count, ink: ink, numbers: ordered, shapes: line.shapes, block: piece.block,
                    isInOrder: ordered == piece.strokes))
            page.pieces.append(ReadPiece(kind: .text, strokes: piece.strokes, box: box, block: piece.block))
        }
        var lines: [Line?] = Array(repeating: nil, count: page.pieces.count)
        for (text, read) in zip(texts, try readLines(texts, of: strokes)) {
            (page.pieces[text.place], lines[text.place]) = read
        }
        return (page, lines)
    }

    /// A page that slopes less is read as it is, in radians.
    private static let leastTurn = 0.122

    private func readAsLine(_ strokes: [Stroke], isTimed: Bool) throws -> (page: ReadPage, lines: [Line?]) {
        let line = MeasuredLine(Array(strokes.indices), of: strokes)
        let ordered = LineOrder.order(of: line, isWritten: isTimed || LineOrder.isOrderOfWriting([line]))
        let text = LineToRead(
            place: 0, ink: ordered.map { strokes[$0] }, numbers: ordered, shapes: line.shapes, block: 0,
            isInOrder: ordered == line.members)
        let read = try readLines([text], of: strokes)
        return (ReadPage(pieces: read.map(\.piece)), read.map(\.line))
    }

    /// A line that was found on the page.
    private struct LineToRead {
        /// The number of its piece.
        let place: Int
        /// The strokes, in the order in which they are read.
        let ink: [Stroke]
        /// Their indexes on the page.
        let numbers: [Int]
        let shapes: [StrokeShape]
        let block: Int
        /// Whether the strokes are read in the page's own order.
        let isInOrder: Bool

        var samples: Int { ink.reduce(0) { $0 + $1.samples.count } }
    }

    /// Lines that pass through the network together: many small products become a few large ones.
    private static let linesAtOnce = 32
    /// A group of lines has no more samples, unless one line has: a group's memory is bounded.
    private static let samplesAtOnce = 65_536

    /// Reads lines, in groups of lines of similar length.
    ///
    /// - Parameter strokes: the page's strokes, as written.
    /// - Returns: what was read, in the order of `texts`.
    private func readLines(_ texts: [LineToRead], of strokes: [Stroke]) throws -> [(piece: ReadPiece, line: Line)] {
        let sizes = texts.map(\.samples)
        var waiting = texts.indices.sorted { (sizes[$0], $0) < (sizes[$1], $1) }[...]
        var read: [(piece: ReadPiece, line: Line)?] = Array(repeating: nil, count: texts.count)
        while let longest = waiting.last {
            let group = waiting.suffix(min(Self.linesAtOnce, max(1, Self.samplesAtOnce / max(1, sizes[longest]))))
            waiting = waiting.dropLast(group.count)
            let recognitions = try recognizer.recognize(
                group.map { .ink(texts[$0].ink) }, precedingTexts: group.map { _ in "" })
            for (at, recognition) in zip(group, recognitions) {
                read[at] = self.read(texts[at], as: recognition, strokes)
            }
        }
        return read.compactMap { $0 }
    }

    private func read(_ text: LineToRead, as recognition: Recognition, _ strokes: [Stroke]) -> (ReadPiece, Line) {
        var piece = ReadPiece(
            recognition, of: text.numbers.map { strokes[$0] }, numbered: text.numbers,
            separator: recognizer.model.script.wordSeparator)
        piece.block = text.block
        let legibility = Legibility.probability(of: recognition, confidence: piece.confidence, shapes: text.shapes)
        piece.confidence *= legibility
        for word in piece.words.indices { piece.words[word].confidence *= legibility }
        let line = Line(
            recognition: recognition, strokes: text.numbers, legibility: legibility, isInOrder: text.isInOrder)
        return (piece, line)
    }
}

extension PageLayout {
    /// The numbers of the pieces of text with the most strokes, `most` of them.
    fileprivate func longest(_ most: Int) -> Set<Int> {
        let lines = pieces.indices.filter { pieces[$0].kind == .text }
        return Set(lines.sorted { (pieces[$0].strokes.count, $1) > (pieces[$1].strokes.count, $0) }.prefix(most))
    }
}

extension PageLayout.Piece {
    /// The strokes that stand on the line itself.
    fileprivate var hosts: [Int] {
        guard !insertions.isEmpty else { return strokes }
        let inserted = Set(insertions.flatMap(\.strokes))
        return strokes.filter { !inserted.contains($0) }
    }
}
