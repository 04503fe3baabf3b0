import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation
import InkTestSupport
import Testing

/// Every format that is read: a small sample of each, and what else it must bear.
@Suite struct FormatTests {
    private static let samples = DocumentSamples.all.enumerated().map {
        Sample(number: $0.offset, name: $0.element.name, bytes: $0.element.bytes)
    }

    struct Sample: CustomTestStringConvertible, Sendable {
        var number: Int
        var name: String
        var bytes: [UInt8]
        var testDescription: String { "\(name) \(number)" }
    }

    private func pages(_ bytes: [UInt8], _ options: ReadingOptions = ReadingOptions()) throws -> [InkPage] {
        let folder = try TemporaryFolder()
        var pages: [InkPage] = []
        try InkFile.pages(of: folder.write("sample", Data(bytes)).path, options: options) {
            pages.append(try $0.get())
            return true
        }
        return pages
    }

    @Test(arguments: samples) func aSampleHasItsStrokes(_ sample: Sample) throws {
        let folder = try TemporaryFolder()
        #expect(try InkFile.formatName(of: folder.write("sample", Data(sample.bytes))) == sample.name)
        let pages = try pages(sample.bytes)
        #expect(pages.count == 1)
        let written = try #require(pages.first).written.strokes
        #expect(written.map { $0.samples.map { [$0.x, $0.y] } } == DocumentSamples.places)
        #expect(pages[0].marks.isEmpty || pages[0].marks.count == pages[0].ink.strokes.count)
    }

    /// A page whose lines and drawn strokes are known has a member that other programs' files have, too.
    @Test func linesWithADrawingBesideTheStrokesAreOurs() throws {
        let pages = try pages(Array(#"{"id":"p","text":"a","strokes":[[[1,2],[3,4]]],"lines":[],"drawing":[]}"#.utf8))
        #expect(pages.count == 1 && pages[0].ink.id == "p" && pages[0].ink.strokes.count == 1)
    }

    @Test(arguments: samples) func aSampleIsReadThroughGzipAndAPipe(_ sample: Sample) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("sample", Data(sample.bytes))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = [file.path]
        try process.run()
        process.waitUntilExit()
        #expect(try InkFile.read(folder.url.appending(path: "sample.gz")).count == 1)
    }

    @Test(arguments: samples) func aSampleThatIsCutIsRefusedOrReadInPart(_ sample: Sample) throws {
        for share in [3, 5, 9] {
            let cut = Array(sample.bytes.prefix(sample.bytes.count * share / 10))
            do {
                for page in try pages(cut) { #expect(page.ink.strokes.count <= 3) }
            } catch let error as FileError {
                #expect("\(error)".contains("sample"))
            }
        }
    }

    @Test(arguments: samples) func limitsHold(_ sample: Sample) {
        var limits = InkLimits()
        limits.strokes = 1
        #expect(throws: FileError.self) { try pages(sample.bytes, ReadingOptions(limits: limits)) }
    }

    @Test func toolsAreToldApart() throws {
        let page = try pages(DocumentSamples.all[0].bytes)[0]
        #expect(page.marks.map(\.tool) == [.pen, .highlighter, .pen])
        #expect(page.sheet == Sheet(width: 595, height: 842))
        #expect(page.ink.strokes[0].samples.map(\.pressure) == [0.5, 1, 1])
    }

    @Test func thePagesOfANotebookKeepTheirOrder() throws {
        let rm = try #require(DocumentSamples.all.first { $0.name.hasPrefix("reMarkable pages") }).bytes
        let content = Array(#"{"pages":["b","a","none"]}"#.utf8)
        let notebook = DocumentSamples.zip([("x/a.rm", rm), ("x/b.rm", Array(rm.prefix(60))), ("x.content", content)])
        let folder = try TemporaryFolder()
        var names: [String] = []
        try InkFile.pages(of: folder.write("n.zip", Data(notebook)).path) { page in
            switch page {
            case .success(let page): names.append(page.ink.id)
            case .failure(let error): names.append("\(error)".contains("page 1") ? "broken" : "\(error)")
            }
            return true
        }
        #expect(names == ["broken", "page-2"])
    }

    @Test func whatIsNoInkIsNamed() throws {
        let folder = try TemporaryFolder()
        for (bytes, word) in [
            ([0x89, 0x50, 0x4e, 0x47, 1], "PNG"), (Array("<html><body/></html>".utf8), "<html>"), ([], "empty"),
            (Array("{\"a\":1}".utf8), "\"a\""), (Array("Input driver version is 1.0.1\n".utf8), "evtest"),
            (DocumentSamples.zip([("word/document.xml", [1])]), "Word"), (Array("hello".utf8), "hello"),
            (Array("<svg><path d=\"M0 0h9v9z\"/></svg>".utf8), "filled outlines"),
            (
                Array("%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj trailer <</Root 1 0 R>>".utf8),
                "no ink annotations"
            ),
        ] as [([UInt8], String)] {
            let file = try folder.write("x", Data(bytes))
            let error = #expect(throws: FileError.self) { try InkFile.read(file) }
            #expect("\(String(describing: error))".contains(word), "\(word): \(String(describing: error))")
        }
    }

    /// Files that were put together with `cat`: what is there is read, and the rest is not passed over in silence.
    @Test(arguments: [
        "<svg><polyline fill=\"none\" stroke=\"black\" points=\"10,10 12,14\"/></svg>",
        "<ink><trace>10 0, 9 1</trace></ink>",
    ])
    func aSecondDocumentInAFile_isSaid(document: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("two", Data("\(document)\n\(document)\n".utf8))
        let error = #expect(throws: FileError.self) { try InkFile.pages(of: file.path) { _ in true } }
        #expect("\(String(describing: error))".contains("a second root element"))
    }

    @Test func inkFarFromTheOriginKeepsItsShape() throws {
        let page = try pages(Array(#"{"strokes":[[[4000000010,4000000030.5],[-900000020,-900000040]]]}"#.utf8))[0]
        let samples = page.ink.strokes[0].samples
        #expect(samples[1].x - samples[0].x == 20.5 && samples[1].y - samples[0].y == -20)
        let box = page.placement.box(try #require(page.ink.bounds))
        #expect(abs(box[0] - 4_000_000_010) < 1 && abs(box[3] + 900_000_020) < 1)
    }

    @Test func aPieceOfJSONMayBeWrittenInManyWays() throws {
        func count(_ text: String) throws -> (pages: Int, faults: Int) {
            let folder = try TemporaryFolder()
            var (pages, faults) = (0, 0)
            try InkFile.pages(of: folder.write("x", text).path) { page in
                if case .success = page { pages += 1 } else { faults += 1 }
                return true
            }
            return (pages, faults)
        }
        let one = #"{"strokes":[[[1,2],[3,4]]]}"#
        #expect(try count(one + "\n" + one) == (2, 0))
        #expect(try count(one + one) == (2, 0))
        #expect(try count("[" + one + ",\n" + one + "]") == (2, 0))
        #expect(try count("[\n" + one + ",\n  " + one + "\n]\n") == (2, 0))
        #expect(try count("{\n \"strokes\": [\n  [[1,2],\n[3,4]]\n ]\n}\n" + one) == (2, 0))
        #expect(try count(one + "\n{\"strokes\":[[[1,2],[3\n" + one) == (2, 1))
        #expect(try count("{\"strokes\":[[[1,2],[3,4]]\n" + one) == (1, 1))
        #expect(try count("{\"id\":\"a,\"strokes\":[[[1,2],[3,4]]]}\n" + one) == (1, 1))
        #expect(try count(one + "\nrubbish\n" + one) == (2, 1))
    }

    @Test func pairsAreToldFromChannels() throws {
        func places(_ text: String) throws -> [[[Float]]] {
            try pages(Array(text.utf8)).flatMap { $0.ink.strokes.map { $0.samples.map { [$0.x, $0.y] } } }
        }
        #expect(
            try places(#"{"strokes":[[[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],[13,14]],[[1,2],[3,4]]]}"#)[1] == [
                [1, 2], [3, 4],
            ])
        #expect(try places(#"{"strokes":[[[1,2],[3,4]]]}"#) == [[[1, 3], [2, 4]]])
        #expect(try places(#"{"strokes":[[{"x":1,"y":2},{"x":3,"y":4}]]}"#) == [[[1, 2], [3, 4]]])
        #expect(throws: FileError.self) {
            try places(
                #"{"strokes":[[[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],[13,14]],[[1,2,3,4,5,6,7],[1,2,3,4,5,6,7]]]}"#)
        }
    }

    @Test func unitsTransformsAndPartsOfInkMLAreFollowed() throws {
        func places(_ text: String) throws -> [[[Float]]] {
            try InkML.parse(Data(text.utf8)).flatMap { $0.strokes.map { $0.samples.map { [$0.x, $0.y] } } }
        }
        let turned = """
            <ink><trace contextRef="#c">1 2, 3 4</trace><definitions><context id="c"><canvasTransform><mapping type="affine">
            <affine>2 0 10, 0 -1 0</affine></mapping></canvasTransform></context></definitions></ink>
            """
        #expect(try places(turned) == [[[12, -2], [16, -4]]])
        let resolution = """
            <ink><inkSource><traceFormat><channel name="X"/><channel name="Y"/></traceFormat><channelProperties>
            <channelProperty channel="X" name="resolution" value="1000" units="1/cm"/>
            <channelProperty channel="Y" name="resolution" value="500" units="1/cm"/></channelProperties></inkSource><trace>1 2</trace></ink>
            """
        #expect(try places(resolution) == [[[1, 4]]])
        let parts = """
            <ink><traceGroup id="g"><trace>1 1,2 2,3 3</trace><trace>4 4,5 5</trace></traceGroup>
            <traceGroup><annotation type="truth">x</annotation><traceView traceDataRef="#g" from="1:2" to="2:1"/></traceGroup></ink>
            """
        // The group stays a piece of its own: the view holds only a part of it.
        let view = try InkML.parse(Data(parts.utf8)).filter { $0.text == "x" }
        #expect(
            view.flatMap { $0.strokes.map { $0.samples.map { [$0.x, $0.y] } } } == [[[2, 2], [3, 3]], [[4, 4]]])
        #expect(throws: FileError.self) { try places(parts.replacingOccurrences(of: "2:1", with: "3:1")) }
        let highlighted = """
            <ink><definitions><brush xml:id="h"><brushProperty name="rasterOp" value="maskPen"/></brush></definitions>
            <trace>1 1</trace><trace brushRef="#h">2 2</trace></ink>
            """
        #expect(try places(highlighted) == [[[1, 1]]])
    }

    @Test func groupsInsideAGroupAreLinesIfTheyLieBelowEachOther() throws {
        func count(_ second: String) throws -> Int {
            try InkML.parse(
                Data(
                    "<ink><traceGroup><traceGroup><trace>0 0,9 9</trace></traceGroup><traceGroup><trace>\(second)</trace></traceGroup></traceGroup></ink>"
                        .utf8)
            ).count
        }
        #expect(try count("0 20,9 29") == 2)
        #expect(try count("20 1,29 8") == 1)
    }
}
