/// The result of reading a page of ink: its lines of text and its drawings, in reading order.
///
/// The value between the page reader, which makes it, and the formats and pictures, which write it. Strokes are indexes into the
/// page's strokes; boxes are in the units of the ink, y down. Every stroke is in one piece, or in ``unused``.
public struct ReadPage: Equatable, Sendable {
    /// Lines of text and drawings, in reading order.
    public var pieces: [ReadPiece]
    /// Strokes that are neither text nor drawing, each with the reason.
    public var unused: [UnusedStroke]

    /// A page that was read. `unused` lists the strokes that belong to no piece.
    public init(pieces: [ReadPiece] = [], unused: [UnusedStroke] = []) {
        self.pieces = pieces
        self.unused = unused
    }

    /// The same page where stroke `i` is called `numbers[i]`: a reader was given some of a page's strokes.
    public func renumbered(by numbers: [Int]) -> ReadPage {
        guard numbers.indices.contains(where: { numbers[$0] != $0 }) else { return self }
        var page = self
        for at in page.pieces.indices {
            page.pieces[at].strokes = page.pieces[at].strokes.map { numbers[$0] }.sorted()
            for word in page.pieces[at].words.indices {
                page.pieces[at].words[word].strokes =
                    page.pieces[at].words[word].strokes.map { numbers[$0] }.sorted()
            }
        }
        for at in page.unused.indices { page.unused[at].stroke = numbers[page.unused[at].stroke] }
        return page
    }

    /// The lines' texts, joined by line feeds.
    public var text: String { pieces.filter { $0.kind == .text }.map(\.text).joined(separator: "\n") }
}

/// A line of text, or a drawing.
public struct ReadPiece: Equatable, Sendable {
    /// Whether a piece is writing.
    public enum Kind: String, Sendable, CaseIterable {
        case text, drawing
    }

    /// Whether the piece is writing.
    public var kind: Kind
    /// The best reading; empty for a drawing.
    public var text: String
    /// The probability that the reading is right, 0…1, calibrated: the mean over the symbols. 0 for a drawing.
    public var confidence: Float
    /// Sorted indexes into the page's strokes.
    public var strokes: [Int]
    /// The box of the piece's ink, in its units.
    public var box: Bounds
    /// Left to right; empty for a drawing.
    public var words: [ReadWord]
    /// The characters of the text in their order, spaces with them; empty where the reader does not tell them.
    public var characters: [ReadCharacter] = []
    /// Other readings of the whole line, best first, without `text`.
    public var alternatives: [String]
    /// The block (column, margin note, heading with its lines) that the piece belongs to, counted from 0 in reading order.
    public var block: Int

    /// A piece of a page. Confidence is 0…1; strokes are counted over the page.
    public init(
        kind: Kind, text: String = "", confidence: Float = 0, strokes: [Int], box: Bounds, words: [ReadWord] = [],
        alternatives: [String] = [], block: Int = 0
    ) {
        self.kind = kind
        self.text = text
        self.confidence = confidence
        self.strokes = strokes
        self.box = box
        self.words = words
        self.alternatives = alternatives
        self.block = block
    }
}

/// A word of a line: what stands between two separators of the reading.
public struct ReadWord: Equatable, Sendable {
    /// Another reading of a word.
    public struct Candidate: Equatable, Sendable {
        /// The text of the reading.
        public var text: String
        /// The probability of the reading among the candidates of this word, 0…1.
        public var confidence: Float

        /// A reading, and its confidence 0…1.
        public init(text: String, confidence: Float) {
            self.text = text
            self.confidence = confidence
        }
    }

    /// The text of the best reading.
    public var text: String
    /// The probability that the reading is right, 0…1, calibrated.
    public var confidence: Float
    /// Indexes into the page's strokes. A stroke that runs through two words is in both.
    public var strokes: [Int]
    /// The box of the word's ink, in its units.
    public var box: Bounds
    /// Best first; the first is `text`.
    public var candidates: [Candidate]

    /// A word. Confidence is 0…1; strokes are counted over the page.
    public init(text: String, confidence: Float, strokes: [Int], box: Bounds, candidates: [Candidate] = []) {
        self.text = text
        self.confidence = confidence
        self.strokes = strokes
        self.box = box
        self.candidates = candidates
    }
}

/// A character of a line, which may be several Unicode scalars, with the box of its ink in the units of the ink.
public struct ReadCharacter: Equatable, Sendable {
    /// The text, one character.
    public var text: String
    /// The box of the character's ink, in its units.
    public var box: Bounds

    /// A character and its box, in the units of the ink.
    public init(text: String, box: Bounds) {
        self.text = text
        self.box = box
    }
}

/// A stroke that was not read, and why.
public struct UnusedStroke: Equatable, Sendable {
    /// The reason for which a stroke was not read.
    public enum Reason: String, Sendable, CaseIterable {
        /// The tool was an eraser, a highlighter, or another that writes nothing.
        case tool
        /// The stroke strikes words out.
        case strikeOut
        /// It, or the words below it, were struck or scribbled out.
        case struckOut
        /// A caret that shows where words are put in.
        case insertionMark
        /// A rule or a grid below the writing.
        case ruling
    }

    /// The stroke's index on the page.
    public var stroke: Int
    /// Why it was not read.
    public var reason: Reason

    /// A stroke of the page, counted from 0, and why it was not read.
    public init(stroke: Int, reason: Reason) {
        self.stroke = stroke
        self.reason = reason
    }
}
