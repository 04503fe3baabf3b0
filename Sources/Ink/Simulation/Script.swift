import DuctusDrawing
import DuctusRandomness
import Foundation

/// A text laid out as the places that a writer's pen will pass: letterforms chosen, spaced, joined, leaned and strayed.
///
/// Letterform units, y up, the first baseline at y = 0.
struct Script {
    /// Pen down to pen up.
    struct Stroke {
        var path: [Glyph.Via]
        /// Whether the hand has to move on from one word or line to the next before it.
        var beginsWord: Bool
    }

    private(set) var strokes: [Stroke] = []

    private let writer: Writer
    private var random: SplitMix64
    private let wanderPhases: [Double]
    /// The place at which the next letter would begin, on the line's baseline.
    private var cursor = 0.0
    private var baseline = 0.0
    private var previous: (outline: Outline, isLetter: Bool)?
    private var beginsWord = false
    /// The stroke that is being joined together, and the dots and bars that wait for the word's end.
    private var open: [Glyph.Via] = []
    private var delayed: [[Glyph.Via]] = []

    /// Lays out `text`: printable ASCII, with newlines between lines.
    init(_ text: String, by writer: Writer, random: SplitMix64) throws(SimulationError) {
        self.writer = writer
        var random = random
        wanderPhases = (0..<3).map { _ in Double(random.uniform()) * 2 * .pi }
        self.random = random
        for (offset, character) in text.enumerated() {
            switch character {
            case " ":
                endWord()
                cursor += writer.wordGap * exp(0.1 * normal())
            case "\n":
                endWord()
                cursor = 2 * normal()
                baseline -= writer.lineHeight
            default:
                guard let printed = Letterforms.printed[character] else {
                    throw .unwritable(character: character, offset: offset)
                }
                write(character, printed: printed)
            }
        }
        endWord()
    }

    private mutating func normal() -> Double { Double(random.normal()) }

    private mutating func write(_ character: Character, printed: [Glyph]) {
        let joined = writer.hand == .printed ? nil : Letterforms.joined[character]
        let form = writer.form(of: character, among: joined ?? printed, with: &random)
        let leadsOn = !open.isEmpty && joined != nil && Double(random.uniform()) < writer.joining
        if !leadsOn { liftPen() }
        let glyph = shaped(form)
        let outline = Outline(glyph)
        let origin = place(outline, isLetter: character.isLetter, after: leadsOn ? open.last : nil)

        let high = leadsOn && (open.last?.position.y ?? 0) > 6
        if leadsOn {
            // After o, v, w the pen is up already: it does not come from the baseline.
            open += glyph.entry.filter { !high || $0.position.y > 8 }.map { $0.moved(by: origin) }
        }
        for (index, part) in glyph.parts.enumerated() {
            let path = part.path.map { $0.moved(by: origin) }
            if index == 0 {
                open += path
                if joined == nil || !form.canLeadOn { liftPen() }
            } else if part.isDelayed && joined != nil {
                delayed.append(path)
            } else {
                liftPen()
                emit(path)
            }
        }
        previous = (outline.moved(by: origin), character.isLetter)
        cursor = max(cursor, origin + outline.extent.upperBound)
    }

    /// The x of the glyph's origin.
    private mutating func place(_ outline: Outline, isLetter: Bool, after exit: Glyph.Via?) -> Double {
        if let exit { return exit.position.x + 0.8 + 0.4 * normal() }
        guard let previous else { return cursor - outline.extent.lowerBound }
        // A colon that slips under the arm of a seven would not be seen.
        return previous.outline.origin(
            ofNext: outline, gap: max(writer.letterGap + 0.4 * normal(), 1),
            overhang: isLetter && previous.isLetter ? 2.4 : 0)
    }

    private mutating func liftPen() {
        if !open.isEmpty { emit(open) }
        open = []
    }

    private mutating func endWord() {
        liftPen()
        for path in delayed { emit(path) }
        delayed = []
        previous = nil
        beginsWord = true
    }

    /// Puts a finished path on the page: lean, slope, wander.
    private mutating func emit(_ path: [Glyph.Via]) {
        let placed = path.map { via in
            var via = via
            let p = via.position
            via.position = PlanePoint(p.x + writer.slant * p.y, p.y + baseline + writer.slope * p.x + stray(at: p.x))
            return via
        }
        strokes.append(Stroke(path: placed, beginsWord: beginsWord))
        beginsWord = false
    }

    /// The deviation of the baseline at x, smooth, within about twice the writer's wander.
    private func stray(at x: Double) -> Double {
        let waves = [63.0, 151, 337]
        return zip(waves, wanderPhases).reduce(0) { $0 + writer.wander * sin(x * 2 * .pi / $1.0 + $1.1) }
    }

    /// A form as this writer makes it this time: proportions, size and aim.
    private mutating func shaped(_ form: Glyph) -> Glyph {
        let size = exp(writer.sizeVariation * normal())
        let width = writer.aspect * exp(writer.sizeVariation * normal())
        let lift = 0.35 * writer.wander * normal()
        var glyph = form
        func shape(_ via: inout Glyph.Via, with random: inout SplitMix64) {
            var p = via.position
            if p.y > 10 { p.y = 10 + (p.y - 10) * writer.ascender }
            if p.y < 0 { p.y *= writer.descender }
            let aim = PlanePoint(Double(random.normal()), Double(random.normal())) * writer.carelessness
            via.position = PlanePoint(p.x * width * size, p.y * size + lift) + aim
        }
        for i in glyph.entry.indices { shape(&glyph.entry[i], with: &random) }
        for part in glyph.parts.indices {
            for i in glyph.parts[part].path.indices { shape(&glyph.parts[part].path[i], with: &random) }
        }
        return glyph
    }
}

extension Glyph.Via {
    fileprivate func moved(by x: Double) -> Glyph.Via {
        Glyph.Via(position: PlanePoint(position.x + x, position.y), isCorner: isCorner)
    }
}
