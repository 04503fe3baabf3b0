import DuctusDocuments
import DuctusDrawing
import DuctusInk

/// A page of a note, drawn with a line marked: where a search found its words.
public struct NotePicture: Sendable {
    /// The page as its file has it.
    public let page: InkPage
    /// The box of the marked line: left, top, right, bottom, in the units of the file.
    public let box: [Double]

    private static let width = 900.0
    private static let greatestHeight = 4000.0
    private static let margin = 16.0

    /// Reads the page of a hit.
    ///
    /// - Throws: `NotePictureFault.gone` where the note has changed so that there is no such page; what reading the file throws.
    public init(of hit: NoteHit) throws {
        var number = 0
        var found: InkPage?
        try InkFile.pages(of: hit.path) { page in
            number += 1
            if number == hit.page { found = try? page.get() }
            return number < hit.page
        }
        guard let found else { throw NotePictureFault.gone(path: hit.path, page: hit.page) }
        self.init(found, box: hit.box)
    }

    /// The picture of a page that was read already, with a frame around `box`.
    public init(_ page: InkPage, box: [Double]) {
        (self.page, self.box) = (page, box)
    }

    /// The picture, 900 wide; less where it would be too high.
    public var drawing: Drawing {
        let bounds = page.ink.bounds ?? Bounds(minX: 0, minY: 0, maxX: 1, maxY: 1)
        let corners = page.placement.box(bounds)
        let scale = min(
            (Self.width - 2 * Self.margin) / max(corners[2] - corners[0], 1e-9),
            Self.greatestHeight / max(corners[3] - corners[1], 1e-9))
        func place(_ x: Double, _ y: Double) -> PlanePoint {
            PlanePoint(Self.margin + (x - corners[0]) * scale, Self.margin + (y - corners[1]) * scale)
        }
        var drawing = Drawing(width: Self.width, height: (corners[3] - corners[1]) * scale + 2 * Self.margin)
        let (from, to) = (place(box[0], box[1]), place(box[2], box[3]))
        drawing.add(
            Drawing.Area(
                x: from.x - 5, y: from.y - 5, width: to.x - from.x + 10, height: to.y - from.y + 10,
                color: Color(red: 255, green: 236, blue: 150)))
        for (index, stroke) in page.ink.strokes.enumerated() where page.isWritten(index) {
            let points = stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }.map { sample -> PlanePoint in
                let at = page.placement.box(Bounds(minX: sample.x, minY: sample.y, maxX: sample.x, maxY: sample.y))
                return place(at[0], at[1])
            }
            if !points.isEmpty { drawing.add(Drawing.Line(points, width: 1.6, color: .writing)) }
        }
        return drawing
    }
}

/// Why a hit cannot be drawn.
public enum NotePictureFault: Error, Equatable, CustomStringConvertible {
    case gone(path: String, page: Int)

    public var description: String {
        switch self {
        case .gone(let path, let page): "\(path): page \(page) is gone; index the folder again"
        }
    }
}
