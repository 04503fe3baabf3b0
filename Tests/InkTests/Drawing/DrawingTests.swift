import CDuctusZlib
import DuctusDrawing
import DuctusInk
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

struct DrawingTests {
    /// All there is, and all that is bad.
    private var crowded: Drawing {
        var drawing = Drawing(width: 120, height: 80)
        let broken = [PlanePoint(10, 10), PlanePoint(100, 60), PlanePoint(.nan, 3), PlanePoint(90, 20)]
        drawing.add(Drawing.Line(broken, width: 3))
        drawing.add(
            Drawing.Line(
                [PlanePoint(5, 5), PlanePoint(50, 5), PlanePoint(90, 9)], widths: [1, 3, .infinity], color: .red))
        drawing.add(Drawing.Line([PlanePoint(60, 40)], width: 6))
        drawing.add(Drawing.Line([], width: 6))
        drawing.add(Drawing.Line([PlanePoint(-1e30, 4), PlanePoint(1e30, 4)], width: 2, isDashed: true))
        drawing.add(Drawing.Line([PlanePoint(5, 70), PlanePoint(110, 70)], width: 2, isDashed: true))
        drawing.add(Drawing.Area(x: 20, y: 20, width: 30, height: 10, color: .gray))
        drawing.add(Drawing.Area([PlanePoint(.infinity, 0), PlanePoint(1, 1)], color: .gray))
        drawing.add(Drawing.Text("a<b & \"c\" > 'd' \u{1} é ]]>", at: PlanePoint(3, 40), anchor: .middle))
        drawing.add(Drawing.Text("up", at: PlanePoint(20, 60), isUpright: true))
        drawing.add(Drawing.Text("nowhere", at: PlanePoint(.nan, 60)))
        return drawing
    }

    @Test func svgIsWellFormedAndKeepsItsText() throws {
        let reader = SVGReader()
        let parser = XMLParser(data: Data(crowded.svg().utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.texts == ["a<b & \"c\" > 'd' \u{fffd} é ]]>", "up"])
        #expect(reader.root["viewBox"] == "0 0 120 80")
        #expect(reader.names["path", default: 0] >= 4)
        #expect(reader.names["polygon"] == 1)
        #expect(!crowded.svg().contains("nan") && !crowded.svg().contains("inf"))
    }

    @Test func pngHasTheRightChunksAndPixels() throws {
        let image = try PNGReader(crowded.png())
        #expect(image.width == 120 && image.height == 80 && image.channels == 3)
        #expect(image[60, 40] == [0, 0, 0], "a dot")
        #expect(image[110, 40] == [255, 255, 255], "paper")
        #expect(image[35, 21] == [110, 110, 118], "an area")
    }

    @Test func aPictureWithoutColourIsGray() throws {
        var drawing = Drawing(width: 30, height: 20)
        drawing.add(Drawing.Line([PlanePoint(0, 10), PlanePoint(30, 10)], width: 4))
        let image = try PNGReader(drawing.png())
        #expect(image.channels == 1)
        #expect(image[15, 10] == [0] && image[15, 3] == [255])
    }

    @Test func edgesAreSmooth() throws {
        var drawing = Drawing(width: 20, height: 20)
        drawing.add(Drawing.Area(x: 5, y: 5.5, width: 10.25, height: 8, color: .black))
        drawing.add(Drawing.Line([PlanePoint(0, 18), PlanePoint(20, 18)], width: 1))
        let image = try PNGReader(drawing.png())
        #expect(image[10, 5] == [128] && image[10, 8] == [0])
        #expect(image[15, 8] == [191])
        #expect(image[10, 17] == [128] && image[10, 18] == [128])
    }

    @Test func sizesAreBounded() {
        #expect(Drawing(width: .nan, height: -3).width == 1)
        #expect(Drawing(width: 1e300, height: 2.2).width == Drawing.largestSide)
        #expect(Drawing(width: 1, height: 2.2).height == 3)
        #expect(throws: DrawingError.tooLarge(width: 20_000, height: 9000)) {
            try Drawing(width: 2e4, height: 9e3).png()
        }
    }

    @Test func theFileNameChoosesTheFormat() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-drawing-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try crowded.write(to: folder.appending(path: "a.svg"))
        try crowded.write(to: folder.appending(path: "a.PNG"))
        #expect(try Data(contentsOf: folder.appending(path: "a.svg")) == Data(crowded.svg().utf8))
        #expect(try Data(contentsOf: folder.appending(path: "a.PNG")) == crowded.png())
        #expect(throws: DrawingError.unknownFormat("a.gif")) { try crowded.write(to: folder.appending(path: "a.gif")) }
    }
}

/// Collects what an SVG document consists of.
private final class SVGReader: NSObject, XMLParserDelegate {
    private(set) var names: [String: Int] = [:]
    private(set) var root: [String: String] = [:]
    private(set) var texts: [String] = []
    private var isInText = false

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        names[name, default: 0] += 1
        if name == "svg" { root = attributes }
        isInText = name == "text"
        if isInText { texts.append("") }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if isInText { texts[texts.count - 1] += string }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        isInText = false
    }
}
