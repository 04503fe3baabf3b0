import DuctusDocuments
import DuctusInk
import Foundation
import Testing

/// The documents in which readings are written.
@Suite struct ReadingWriterTests {
    private let page = InkPage(
        InkLine(
            id: "p1",
            strokes: [
                Stroke([Sample(x: 0, y: 0, time: 1500, pressure: 0.5), Sample(x: 10, y: 20, time: 9000, pressure: 1)]),
                Stroke([Sample(x: 30, y: 5), Sample(x: 40, y: 15)]),
            ]), strokeIDs: ["a", ""])

    /// "hi <", on two strokes, and a drawing.
    private var reading: ReadPage {
        let box = Bounds(minX: 0, minY: 0, maxX: 40.6, maxY: 20)
        var line = ReadPiece(
            kind: .text, text: "hi <", confidence: 0.9, strokes: [0, 1], box: box,
            words: [
                ReadWord(
                    text: "hi", confidence: 0.5, strokes: [0], box: Bounds(minX: 0, minY: 0, maxX: 10, maxY: 20),
                    candidates: [.init(text: "hi", confidence: 0.8), .init(text: "ni", confidence: 0.2)]),
                ReadWord(text: "<", confidence: 1, strokes: [1], box: Bounds(minX: 30, minY: 5, maxX: 40, maxY: 15)),
            ])
        line.characters = "hi <".map { ReadCharacter(text: String($0), box: box) }
        return ReadPage(pieces: [line, ReadPiece(kind: .drawing, strokes: [], box: box)])
    }

    private func object(_ options: JIIXOptions) throws -> [String: Any] {
        let text = JIIXWriter.object(page, reading, options)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func jiixTellsWordsCharactersAndLines() throws {
        let json = try object(JIIXOptions(scaleX: 2, scaleY: 3))
        #expect(json["id"] as? String == "p1" && json["label"] as? String == "hi <")
        let words = try #require(json["words"] as? [[String: Any]])
        #expect(words.map { $0["label"] as? String } == ["hi", " ", "<"])
        #expect(words.map { $0["first-char"] as? Int } == [0, 2, 3])
        #expect(words.map { $0["last-char"] as? Int } == [1, 2, 3])
        #expect(words[0]["candidates"] as? [String] == ["hi", "ni"] && words[2]["candidates"] as? [String] == ["<"])
        #expect(words[2]["bounding-box"] as? [String: Double] == ["x": 60, "y": 15, "width": 20, "height": 30])
        let characters = try #require(json["chars"] as? [[String: Any]])
        #expect(characters.map { $0["word"] as? Int } == [0, 0, 1, 2])
        #expect((json["lines"] as? [Any])?.count == 1)
    }

    @Test func jiixGivesStrokesWithTheirPointsOrByName() throws {
        func items(_ options: JIIXOptions) throws -> [[String: Any]] {
            let words = try #require(try object(options)["words"] as? [[String: Any]])
            return words.compactMap { ($0["items"] as? [[String: Any]])?.first }
        }
        let whole = try items(JIIXOptions())
        #expect(whole.map { $0["id"] as? String } == ["a", "stroke-1"])
        #expect(whole[0]["X"] as? [Double] == [0, 10] && whole[0]["T"] as? [Double] == [1.5, 9])
        #expect(whole[0]["F"] as? [Double] == [0.5, 1])
        #expect(whole[1]["T"] == nil && whole[1]["F"] == nil)
        #expect(try items(JIIXOptions(givesPoints: false)).allSatisfy { $0.count == 2 })
    }

    @Test func jiixOfAReaderWithoutCharactersHasNone() throws {
        var reading = reading
        reading.pieces[0].characters = []
        #expect(!JIIXWriter.object(page, reading).contains("\"chars\""))
    }

    @Test func hocrOfOnePageIsInTheUnitsOfTheInk() throws {
        let text = HOCRWriter.document(title: "a & b", page, reading)
        #expect(text.contains("<title>a &amp; b</title>"))
        #expect(text.contains("bbox 0 0 41 20; ppageno 0\">"))
        #expect(text.contains("title=\"bbox 30 5 40 15; x_wconf 100\">&lt;</span>"))
    }

    @Test func hocrOfADocumentIsInPixelsOfItsSheets() throws {
        var page = page
        page.sheet = Sheet(width: 72, height: 144)
        var bytes: [UInt8] = []
        var writer = HOCRWriter(title: "t") { bytes += $0 }
        for _ in 0..<2 { try writer.append(page, reading) }
        try writer.finish()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("bbox 0 0 300 600; ppageno 1; scan_res 300 300"))
        #expect(text.contains("title=\"bbox 125 21 167 63; x_wconf 100\""))
    }
}
