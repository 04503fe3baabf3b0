import ArgumentParser
import DuctusDocuments
import DuctusDrawing
import DuctusFoundations
import DuctusInk
import DuctusNoteIndex
import Foundation

struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find words in the notes that 'ductus index' has read.",
        discussion: """
            Prints file, page, line and text, best first. All words must be in a line; each may be the beginning of a word. Lines where a word is \
            only among the other readings come last, marked with a question mark. Exit status 1 if nothing is found.
            """)

    @Argument(help: "Words.")
    var words: [String]

    @Option(help: "Print at most so many lines.")
    var limit = 50

    @Option(help: "Draw the first hit's page, the line marked: .svg or .png.")
    var out: String?

    @Flag(help: "One JSON object per line.")
    var json = false

    @OptionGroup var index: IndexOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit begins at 1") }
        guard words.contains(where: { $0.contains { $0.isLetter || $0.isNumber } }) else {
            throw ValidationError("give words of letters or digits")
        }
        if let out, !["svg", "png"].contains(URL(filePath: out).pathExtension.lowercased()) {
            throw ValidationError("\(out): pictures are written as .svg or .png; let the name end in one of them")
        }
    }

    private struct Output: Encodable {
        var file: String
        var page, line: Int
        var text, alternatives: String
        var confidence: Double
        var box: [Double]
        var certain: Bool
    }

    func run() throws {
        guard FileManager.default.fileExists(atPath: index.location.path) else {
            throw CommandFailure("\(index.location.path): there is no index yet; make one with 'ductus index FOLDER'")
        }
        let hits = try NoteIndex(index.location).search(words, limit: limit)
        for hit in hits {
            if json {
                try printJSON(
                    Output(
                        file: hit.path, page: hit.page, line: hit.line, text: hit.text, alternatives: hit.alternatives,
                        confidence: hit.confidence, box: hit.box, certain: hit.isCertain))
            } else {
                print("\(hit.path):\(hit.page):\(hit.line): \(hit.text)\(hit.isCertain ? "" : "  ?")")
            }
        }
        guard let first = hits.first else { throw ExitCode(ExitStatus.failed) }
        guard let out else { return }
        var number = 0
        var found: InkPage?
        try InkFile.pages(of: first.path) { page in
            number += 1
            if number == first.page { found = try? page.get() }
            return number < first.page
        }
        guard let found else {
            throw CommandFailure("\(first.path): page \(first.page) is gone; index the folder again")
        }
        try HitPicture.drawing(of: found, box: first.box).write(to: URL(filePath: out))
    }
}

/// A page with a line marked.
enum HitPicture {
    private static let width = 900.0
    private static let margin = 16.0

    /// - Parameter box: left, top, right, bottom, as the file has it.
    static func drawing(of page: InkPage, box: [Double]) -> Drawing {
        let bounds = page.ink.bounds ?? Bounds(minX: 0, minY: 0, maxX: 1, maxY: 1)
        let corners = page.placement.box(bounds)
        let scale = min(
            (width - 2 * margin) / max(corners[2] - corners[0], 1e-9), 4000 / max(corners[3] - corners[1], 1e-9))
        func place(_ x: Double, _ y: Double) -> PlanePoint {
            PlanePoint(margin + (x - corners[0]) * scale, margin + (y - corners[1]) * scale)
        }
        var drawing = Drawing(width: width, height: (corners[3] - corners[1]) * scale + 2 * margin)
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
