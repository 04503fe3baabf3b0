import DuctusDrawing
import DuctusInk

/// Divides the ink of a pen into lines while it is written, and looks back before a line has ended.
///
/// ``LivePage`` says of each stroke whether it begins a line. Where that is not sure, the page reader's own layout of the last line and of the
/// open ink decides, once some strokes more have come. So lines end where the page reader ends them, and the pen's usual way to the
/// next line costs no time.
///
/// For example:
///
///     var lines = LiveLines()
///     for line in lines.add(stroke, count: strokes.count, open: { strokes }) { the first `line` of the strokes have ended }
///
/// Guarantees: the counts of one answer add up to less than the open strokes. Memory is bounded: about a line is kept, thinned.
package struct LiveLines: Sendable {
    private var page = LivePage()
    /// The lines that ended last, thinned: what is laid out beside the open ink.
    private var before = ThinnedStrokes()
    /// A line may have begun among the open strokes; nil where none seems to.
    private var doubt: Doubt?
    /// The height of the open ink that was last looked at and found to be one line.
    private var checkedHeight = 0.0
    /// The pen went far back while the open ink was written, as to another line.
    private var wentBack = false
    /// The number of the first line that the open ink began.
    private var firstLine = 0
    /// Strokes since the ink began anew.
    private var seen = 0
    /// The same when the open ink was last laid out.
    private var lastLook = 0

    /// Strokes that were laid out so far, each as often as it was: most of the work.
    package private(set) var laidOut = 0
    /// Strokes that may still be laid out before ``renewBudget()``.
    private var budget = Int.max

    private struct Doubt {
        /// Strokes that are open when it is looked at next.
        var due: Int
        /// Strokes that are open when it is given up.
        var end: Int
        /// Where lines seemed to begin at the last look; nil before the first.
        var cuts: [Int]?
    }

    /// A stroke that stands better in its new line by this much begins it for sure.
    private static let surely = 15.0
    /// Fewer strokes tell little: nothing is sure before.
    private static let fewest = 15
    /// The number of further strokes that are waited for.
    private static let patience = 4
    private static let mostPatience = 12
    /// A line of fewer strokes must be seen twice.
    private static let few = 8
    /// Ink taller than this many x-heights may be two lines: while it is open, and where it ends.
    private static let tall = 7.0
    private static let tallAtEnd = 3.0
    /// Open strokes that are laid out at most. More are no line of a hand, and a layout of them would keep other pens waiting.
    package static let mostStrokes = 120

    /// Bytes that are kept between segments at most.
    package static let mostBytes = LivePage.mostBytes + ThinnedStrokes.mostBytes

    package init() {}

    /// The ink that comes now has nothing to do with what came before.
    package mutating func restart() {
        let (budget, laidOut) = (budget, laidOut)
        self = LiveLines()
        (self.budget, self.laidOut) = (budget, laidOut)
    }

    /// Ink has come that may cost as much as a packet's may. What would cost more waits for the next: no hand writes so much at once, and others
    /// wait for it.
    package mutating func renewBudget() { budget = Self.mostAtOnce }

    /// Strokes that are laid out for one packet at most, each as often as it is.
    private static let mostAtOnce = 600

    /// Takes a whole stroke.
    ///
    /// - Parameters:
    ///   - stroke: the newest of the open ones.
    ///   - cameBack: the pen had been out of reach just before the stroke.
    ///   - count: how many strokes no line has taken yet, this one among them.
    ///   - open: gives these strokes.
    /// - Returns: how many of them are of each line that has ended, oldest first; empty where none has.
    package mutating func add(
        _ stroke: ArraySlice<Sample>, cameBack: Bool = false, count: Int, open: () -> [Stroke]
    ) -> [Int] {
        seen += 1
        let (wasTall, mayBeTwo) = (isTall, wentBack || isTallAtEnd)
        let decision = page.add(stroke, cameBack: cameBack)
        if page.wentBack { wentBack = true }
        if decision.place != .sameLine || page.wentBack, doubt == nil {
            let cut = count - decision.strokes
            guard cut > 0 else {
                if decision.place != .sameLine { firstLine = page.line }
                return []
            }
            let isSure = decision.gain >= Self.surely && seen - decision.strokes >= Self.fewest && !wasTall
            if isSure || decision.place != .sameLine && count > Self.mostStrokes {
                return end(open(), at: cut, mayBeTwo: mayBeTwo)
            }
            guard count <= Self.mostStrokes else { return [] }
            // A layout costs more than in proportion to the strokes, and dots all over a page are doubtful all the time: looks keep a distance.
            let rest = Self.distance(of: count) - (seen - lastLook)
            doubt = Doubt(due: max(cut + Self.patience, count + rest), end: max(cut + Self.mostPatience, count + rest))
        } else if doubt == nil, (Self.fewest...Self.mostStrokes).contains(count), isTall,
            seen - lastLook >= count, page.height > 1.3 * checkedHeight
        {
            doubt = Doubt(due: count, end: count)
        }
        guard let doubt, count >= doubt.due, budget > 0 else { return [] }
        return look(at: open(), until: doubt.end)
    }

    /// The open ink ends for another reason.
    ///
    /// - Returns: how many of its strokes are of each line before its last one.
    package mutating func end(_ open: [Stroke]) -> [Int] {
        let isDoubtful =
            (doubt != nil || wentBack || isTallAtEnd) && open.count <= Self.mostStrokes + Self.mostPatience
            && budget > 0
        let cuts = isDoubtful ? cuts(of: open, least: 1) : []
        if doubt != nil || !cuts.isEmpty { page.correct(open, cutAt: cuts, from: firstLine) }
        before.add(open[...], apart: 0.2 * page.scale)
        doubt = nil
        wentBack = false
        checkedHeight = 0
        firstLine = page.nextLine
        return Self.counts(of: cuts)
    }

    /// Bytes that it occupies, about.
    package var byteCount: Int { page.byteCount + before.byteCount }

    /// Strokes between two looks at ink of `count` strokes.
    private static func distance(of count: Int) -> Int { count / 3 }

    private var isTall: Bool { page.height > Self.tall * page.scale }
    private var isTallAtEnd: Bool { page.height > Self.tallAtEnd * page.scale }

    private mutating func look(at open: [Stroke], until end: Int) -> [Int] {
        lastLook = seen
        let cuts = cuts(of: open, least: Self.patience - 1)
        let isDoubtful = zip(cuts, [0] + cuts).contains { $0 - $1 < Self.few }
        let next = open.count + max(Self.patience, Self.distance(of: open.count))
        if isDoubtful, doubt?.cuts != cuts, open.count <= Self.mostStrokes {
            doubt = Doubt(due: next, end: max(end, next), cuts: cuts)
            return []
        }
        // The first look may have come with the first letters of a line that stands close.
        if cuts.isEmpty, next <= end || doubt?.cuts == nil {
            doubt = Doubt(due: next, end: end, cuts: [])
            return []
        }
        doubt = nil
        page.correct(open, cutAt: cuts, from: firstLine)
        firstLine = page.line
        checkedHeight = page.height
        return cuts.isEmpty ? [] : self.end(open, at: cuts)
    }

    /// A line begins at `cut` for sure. What ended before it is looked at once more, where it may be two lines.
    private mutating func end(_ open: [Stroke], at cut: Int, mayBeTwo: Bool) -> [Int] {
        guard mayBeTwo, cut <= Self.mostStrokes, budget > 0 else { return end(open, at: [cut]) }
        let within = cuts(of: Array(open[..<cut]), least: 1)
        if !within.isEmpty { page.correct(open, cutAt: within + [cut], from: firstLine) }
        return end(open, at: within + [cut])
    }

    private mutating func end(_ open: [Stroke], at cuts: [Int]) -> [Int] {
        before.add(open[..<(cuts.last ?? 0)], apart: 0.2 * page.scale)
        wentBack = false
        checkedHeight = 0
        firstLine = page.line
        return Self.counts(of: cuts)
    }

    private static func counts(of cuts: [Int]) -> [Int] { zip(cuts, [0] + cuts).map { $0 - $1 } }

    /// Whether the pen went on along the line, by no more than a space. The few lines that are looked at may show a column's edge in such a
    /// space, or a quotation mark as a line of its own; all lines of the page would not.
    private func goesOn(_ line: ArraySlice<Stroke>, with next: ArraySlice<Stroke>) -> Bool {
        guard page.scale > 0, let end = Bounds(around: line.suffix(Self.nearest)),
            let start = Bounds(around: next.prefix(Self.nearest))
        else { return false }
        let gap = Double(start.minX - end.maxX) / page.scale
        let below = Double(start.minY - end.maxY) / page.scale, above = Double(end.minY - start.maxY) / page.scale
        return gap > 0 && gap < Self.widestSpace && below < 0 && above < Self.highestMark
    }

    /// Strokes that tell where a line ends and where the next ink begins.
    private static let nearest = 6
    /// A space between words, and how far above the letters a mark stands, in x-heights.
    private static let widestSpace = 8.0
    private static let highestMark = 1.2

    /// The places in the open ink at which the page reader begins another line, or a drawing.
    ///
    /// - Parameter least: strokes that the last of them must have.
    private mutating func cuts(of open: [Stroke], least: Int) -> [Int] {
        budget -= before.count + open.count
        laidOut += before.count + open.count
        var owner = [Int?](repeating: nil, count: before.count + open.count)
        let pieces = PageLayout(of: before.strokes + open).pieces
        for (number, piece) in pieces.enumerated() {
            for stroke in piece.strokes { owner[stroke] = number }
        }
        // A large letter may look like a drawing while little is known of the hand; its bar comes after other letters.
        for piece in pieces where piece.kind == .drawing && piece.strokes.count == 2 && piece.strokes[0] >= before.count
        {
            let between = Set(owner[piece.strokes[0] + 1..<piece.strokes[1]])
            guard between.count == 1, let line = between.first ?? nil, pieces[line].kind == .text else { continue }
            for stroke in piece.strokes { owner[stroke] = line }
        }
        // Runs of strokes of one line; a run within another line's is a bar or a dot of it.
        var runs: [(line: Int, first: Int, count: Int)] = []
        for (at, line) in owner[before.count...].enumerated() {
            guard let line else { continue }
            if runs.last?.line == line {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((line, at, 1))
            }
        }
        var at = 1
        while at + 1 < runs.count {
            if runs[at - 1].line == runs[at + 1].line, runs[at].count <= 2 {
                runs[at - 1].count += runs[at].count + runs[at + 1].count
                runs.removeSubrange(at...at + 1)
            } else {
                at += 1
            }
        }
        at = 1
        while at < runs.count {
            if goesOn(open[runs[at - 1].first..<runs[at].first], with: open[runs[at].first...].prefix(runs[at].count)) {
                runs[at - 1].count += runs[at].count
                runs.remove(at: at)
            } else {
                at += 1
            }
        }
        // The newest strokes may be dots: the next ones say so.
        if let newest = runs.last, runs.count > 1, newest.count < least { runs.removeLast() }
        let starts = runs.indices.dropFirst().map { number in
            // A stroke of a third line says nothing of where this one begins.
            let end = number + 1 < runs.count ? runs[number + 1].first : open.count
            return PenReturn.start(near: runs[number].first, xHeight: page.scale) { at in
                guard (runs[number - 1].first..<end).contains(at), let bounds = open[at].bounds else { return nil }
                var box = PlaneBox()
                box.include(PlanePoint(Double(bounds.minX), Double(bounds.minY)))
                box.include(PlanePoint(Double(bounds.maxX), Double(bounds.maxY)))
                return box
            }
        }
        return Set(starts).sorted()
    }
}
