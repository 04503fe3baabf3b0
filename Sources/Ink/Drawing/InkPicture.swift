import DuctusDrawing

/// Draws ink as it was written, with the recognized text below the strokes it was read from.
///
/// ```
/// let drawing = InkPicture().drawing(of: line.strokes, labels: labels)
/// try drawing.write(to: URL(fileURLWithPath: "ink.svg"))
/// ```
public struct InkPicture: Sendable {
    /// The meaning of a stroke's colour.
    public enum Coloring: String, Sendable, CaseIterable {
        /// All ink has one colour.
        case plain
        /// The strokes go once through the rainbow, from the first to the last.
        case order
    }

    /// The rule by which strokes get their colours.
    public var coloring = Coloring.plain
    /// The height in pixels that the taller strokes get.
    public var strokeHeight = 44.0
    /// The picture's largest sides, in pixels; ink that would be larger is drawn smaller.
    public var largest = PlanePoint(2400, 2400)
    /// Height of the labels' type, in pixels.
    public var labelSize = 15.0

    let margin = 16.0

    /// The default look.
    public init() {}

    /// One line of ink (or several, one below the other), labels under their strokes, and a caption.
    ///
    /// No ink gives an empty picture; samples that are not finite are left out.
    public func drawing(of ink: [Stroke], labels: [InkLabel] = [], caption: String? = nil) -> Drawing {
        let frame = InkFrame(around: ink, strokeHeight: strokeHeight, largest: largest, margin: margin)
        let rows = rows(of: labels, in: ink, frame: frame)
        let labelsEnd = rows.map { $0.baseline + labelSize * 0.5 }.max() ?? 0
        let captionBaseline = max(frame.bottom, labelsEnd) + 20
        let captionSize = 12.0
        let captionWidth = Double(caption?.count ?? 0) * captionSize * 0.55 + 2 * margin
        var drawing = Drawing(
            width: max(frame.right + margin, captionWidth, 64),
            height: (caption == nil ? max(frame.bottom, labelsEnd) : captionBaseline) + margin)
        for (index, stroke) in ink.enumerated() {
            guard let line = line(of: stroke, at: index, of: ink.count, frame: frame) else { continue }
            drawing.add(line)
        }
        for row in rows { add(row, to: &drawing) }
        if let caption {
            drawing.add(.init(caption, at: PlanePoint(margin, captionBaseline), size: captionSize, color: .gray))
        }
        return drawing
    }

    /// Drawings one below the other.
    public static func sheet(of drawings: [Drawing]) -> Drawing {
        var sheet = Drawing(
            width: Double(drawings.map(\.width).max() ?? 1), height: Double(drawings.map(\.height).reduce(0, +)))
        var top = 0.0
        for drawing in drawings {
            sheet.add(drawing, at: PlanePoint(0, top))
            top += Double(drawing.height)
        }
        return sheet
    }

    /// A stroke as wide as it was pressed.
    private func line(of stroke: Stroke, at index: Int, of count: Int, frame: InkFrame) -> Drawing.Line? {
        let samples = stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
        guard !samples.isEmpty else { return nil }
        let color = coloring == .plain ? Color.writing : Color.hue(0.85 * Double(index) / Double(max(count, 1)))
        let widths = samples.map { 1.1 + 2.2 * Double(min(max($0.pressure ?? 0.45, 0), 1)) }
        return Drawing.Line(samples.map(frame.place), widths: widths, color: color)
    }

    /// Labels whose ink stands side by side.
    private struct Row {
        var labels: [(label: InkLabel, extent: ClosedRange<Double>, middle: Double)] = []
        /// The lowest ink above, and where the type stands.
        var bottom: Double
        var baseline = 0.0
    }

    /// Arranges the labels in rows: a new one begins where ink lies wholly below that of the row so far. Spaces show nothing.
    private func rows(of labels: [InkLabel], in ink: [Stroke], frame: InkFrame) -> [Row] {
        var rows: [Row] = []
        for label in labels where !label.text.allSatisfy(\.isWhitespace) {
            let places = label.places(in: ink).filter { $0.x.isFinite && $0.y.isFinite }.map(frame.place)
            guard let left = places.map(\.x).min(), let right = places.map(\.x).max(),
                let top = places.map(\.y).min(), let bottom = places.map(\.y).max()
            else { continue }
            if let last = rows.last, top < last.bottom + 2 {
                rows[rows.count - 1].bottom = max(last.bottom, bottom)
            } else {
                rows.append(Row(bottom: bottom))
            }
            // The median, not the centre: the bar of a t that lies at the edge of its range does not move a letter.
            rows[rows.count - 1].labels.append((label, left...right, places.map(\.x).sorted()[places.count / 2]))
        }
        for i in rows.indices { rows[i].baseline = rows[i].bottom + labelSize * 1.5 }
        return rows
    }

    /// Brackets and text; letters that would cover each other move to the right.
    private func add(_ row: Row, to drawing: inout Drawing) {
        var free = -Double.infinity
        for (label, extent, place) in row.labels.sorted(by: { $0.middle < $1.middle }) {
            let bracket = row.baseline - labelSize * 0.95
            let ends = [PlanePoint(extent.lowerBound, bracket), PlanePoint(extent.upperBound, bracket)]
            drawing.add(.init(ends, width: 1, color: .paleGray))
            let width = Double(label.text.count) * labelSize * 0.5
            let middle = max(place, free + width / 2)
            free = middle + width / 2 + 1
            let doubt = label.confidence.map { 1.6 * (1 - Double($0)) } ?? 0
            drawing.add(
                .init(
                    label.text, at: PlanePoint(middle, row.baseline), size: labelSize, anchor: .middle,
                    color: Color.black.mixed(with: .red, share: doubt)))
        }
    }
}
