import DuctusInk

/// Whether a page was written or scanned sideways, as far as its reading tells.
///
/// Geometry alone says little: upright letters have as many strokes down as turned ones have strokes across. But a page that is turned reads as
/// nonsense, with no confidence; the right turn reads with plenty. Pages that read well as they are cost nothing and never change.
enum PageTurn {
    /// A page that reads less surely than this may be turned.
    private static let doubtful: Float = 0.4
    /// A turn must read this surely.
    private static let plain: Float = 0.7
    /// Less ink tells nothing: a cross or a few letters read in more ways than one.
    private static let fewestStrokes = 8
    private static let fewestSymbols = 8

    /// Whether other turns of the ink should be read, too.
    static func isDoubtful(_ page: ReadPage, of strokes: Int) -> Bool {
        strokes >= fewestStrokes && sureness(of: page, of: strokes) < doubtful
    }

    /// The lines that are read to judge a turn: the longest tell the most.
    static let mostLines = 4

    /// Whether a page, or some lines of it, that read so surely are read in the right way.
    static func isPlain(_ page: ReadPage, _ sureness: Float) -> Bool {
        sureness >= plain && page.text.count >= fewestSymbols
    }

    /// The mean confidence of the strokes; drawings have none.
    static func sureness(of page: ReadPage, of strokes: Int) -> Float {
        page.pieces.reduce(0) { $0 + $1.confidence * Float($1.strokes.count) } / Float(max(1, strokes))
    }
}

extension ReadPage {
    /// The page of ink that was turned before it was read: the boxes as they lie on the page itself.
    func turnedBack(_ turn: QuarterTurn) -> ReadPage {
        guard let back = QuarterTurn(rawValue: (4 - turn.rawValue) % 4), back != .none else { return self }
        var page = self
        for at in page.pieces.indices {
            page.pieces[at].box = page.pieces[at].box.turned(back)
            for word in page.pieces[at].words.indices {
                page.pieces[at].words[word].box = page.pieces[at].words[word].box.turned(back)
            }
            for character in page.pieces[at].characters.indices {
                page.pieces[at].characters[character].box = page.pieces[at].characters[character].box.turned(back)
            }
        }
        return page
    }
}

extension Bounds {
    fileprivate func turned(_ turn: QuarterTurn) -> Bounds {
        let one = turn.upright(Sample(x: minX, y: minY)), other = turn.upright(Sample(x: maxX, y: maxY))
        return Bounds(
            minX: min(one.x, other.x), minY: min(one.y, other.y), maxX: max(one.x, other.x), maxY: max(one.y, other.y))
    }
}
