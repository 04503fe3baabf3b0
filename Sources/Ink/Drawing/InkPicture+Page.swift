import DuctusDrawing

extension InkPicture {
    /// A page with what was read on it: each line of text in a colour of its own with its box, its words' boxes, its number in reading order and its text;
    /// drawings in grey, strokes that were not read in red.
    ///
    /// - Parameter strokes: those that the page's indexes mean.
    public func drawing(of page: ReadPage, strokes: [Stroke], caption: String? = nil) -> Drawing {
        let frame = InkFrame(around: strokes, strokeHeight: strokeHeight, largest: largest, margin: margin)
        // Texts stand above their lines: room for the first.
        let top = labelSize * 1.5
        let captionBaseline = top + frame.bottom + 20
        var drawing = Drawing(
            width: max(frame.right + margin, Double(caption?.count ?? 0) * 6.6 + 2 * margin, 64),
            height: (caption == nil ? top + frame.bottom : captionBaseline) + margin)
        var colors = [Color?](repeating: nil, count: strokes.count)
        for (number, piece) in page.pieces.enumerated() {
            for stroke in piece.strokes where colors.indices.contains(stroke) {
                colors[stroke] = piece.kind == .text ? Self.color(ofLine: number) : .gray
            }
        }
        for unused in page.unused where colors.indices.contains(unused.stroke) { colors[unused.stroke] = .red }
        for (index, stroke) in strokes.enumerated() {
            let places = stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
                .map { frame.place($0) + PlanePoint(0, top) }
            if !places.isEmpty { drawing.add(.init(places, width: 2, color: colors[index] ?? .paleGray)) }
        }
        for (number, piece) in page.pieces.enumerated() {
            let color = piece.kind == .text ? Self.color(ofLine: number) : Color.gray
            let corners = Self.corners(of: piece.box, frame, down: top)
            drawing.add(.init(corners, width: 1, color: color, isDashed: piece.kind == .drawing))
            for word in piece.words {
                drawing.add(.init(Self.corners(of: word.box, frame, down: top), width: 0.6, color: .paleGray))
            }
            let label = piece.kind == .text ? "\(number + 1)  \(piece.text)" : "\(number + 1)  drawing"
            let doubt = piece.kind == .text ? 1 - Double(min(1, max(0, piece.confidence))) : 0
            drawing.add(
                .init(
                    label, at: corners[0] - PlanePoint(0, 3), size: labelSize * 0.8,
                    color: Color.black.mixed(with: .red, share: doubt)))
        }
        if let caption { drawing.add(.init(caption, at: PlanePoint(margin, captionBaseline), size: 12, color: .gray)) }
        return drawing
    }

    /// Colours of lines that follow each other are far apart.
    private static func color(ofLine number: Int) -> Color {
        Color.hue((Double(number) * 0.381966).truncatingRemainder(dividingBy: 1))
    }

    private static func corners(of box: Bounds, _ frame: InkFrame, down: Double) -> [PlanePoint] {
        [
            (box.minX, box.minY), (box.maxX, box.minY), (box.maxX, box.maxY), (box.minX, box.maxY),
            (box.minX, box.minY),
        ].map { frame.place(x: $0.0, y: $0.1) + PlanePoint(0, down) }
    }
}
