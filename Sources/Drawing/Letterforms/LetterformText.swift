/// Text for pictures without a font: the letterforms of the simulated pens, drawn neatly.
extension Drawing.Text {
    /// The strokes of the text, ready to be drawn.
    package func lines() -> [Drawing.Line] {
        guard position.x.isFinite, position.y.isFinite, size.isFinite, size > 0 else { return [] }
        let unit = size / 25
        let (strokes, width) = Self.strokes(of: string)
        let shift: Double =
            switch anchor {
            case .start: 0
            case .middle: -width / 2
            case .end: -width
            }
        return strokes.map { stroke in
            let points = stroke.map { place in
                let along = (place.x + shift) * unit
                let up = place.y * unit
                return position + (isUpright ? PlanePoint(-up, -along) : PlanePoint(along, -up))
            }
            return Drawing.Line(points, width: max(size * 0.085, 0.9), color: color)
        }
    }

    /// The strokes of a line of text in letterform units, and how wide it is.
    private static func strokes(of string: String) -> (strokes: [[PlanePoint]], width: Double) {
        var strokes: [[PlanePoint]] = []
        var cursor = 0.0
        var previous: Outline?
        for character in string {
            guard !character.isWhitespace else {
                previous = nil
                cursor += 8
                continue
            }
            let form = neat[character] ?? unknown
            let origin = previous?.origin(ofNext: form.outline, gap: 3.6) ?? (cursor - form.outline.extent.lowerBound)
            strokes += form.strokes.map { $0.map { $0 + PlanePoint(origin, 0) } }
            let placed = form.outline.moved(by: origin)
            cursor = max(cursor, placed.extent.upperBound)
            previous = placed
        }
        return (strokes, cursor)
    }

    private typealias Form = (strokes: [[PlanePoint]], outline: Outline)

    private static let neat: [Character: Form] = Letterforms.printed.compactMapValues { forms in
        forms.first.map { ($0.parts.map { Arc.places(along: $0.path) }, Outline($0)) }
    }

    /// A box, for what has no letterform.
    private static let unknown: Form = {
        let glyph = Glyph(notation: "1,0! 9,0! 9,18! 1,18! 1,0") ?? Glyph(entry: [], parts: [], canLeadOn: false)
        return (glyph.parts.map { Arc.places(along: $0.path) }, Outline(glyph))
    }()
}
