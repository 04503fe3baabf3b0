import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation
import InkTestSupport
import Testing

@Suite struct InkMLTests {
    private func parse(_ text: String, limits: InkLimits = InkLimits()) throws -> [InkLine] {
        try InkML.parse(Data(text.utf8), path: "page.inkml", limits: limits)
    }

    private func places(_ text: String) throws -> [[Float]] {
        try parse("<ink><trace>\(text)</trace></ink>")[0].strokes[0].samples.map { [$0.x, $0.y] }
    }

    private func fault(_ text: String) -> (line: Int, reason: String) {
        do {
            _ = try parse(text)
            return (0, "none")
        } catch FileError.malformed(_, let line, let reason, _) {
            return (line, reason)
        } catch {
            return (0, "\(error)")
        }
    }

    @Test func aPlainTraceIsXAndY() throws {
        let lines = try parse("<ink xmlns=\"http://www.w3.org/2003/InkML\"><trace>10 0, 9 14,\n8.5 -28 </trace></ink>")
        #expect(lines == [InkLine(id: "page", strokes: [Stroke(points: [(10, 0), (9, 14), (8.5, -28)])])])
    }

    @Test func differencesAreSummed() throws {
        // The example of section 3.2.1 of the recommendation, as far as X and Y go.
        #expect(
            try places("1125 18432,'23'43,&quot;7&quot;-8,3-5,7 -3,6 2,6 8,3 6,2 4") == [
                [1125, 18432], [1148, 18475], [1178, 18510], [1211, 18540], [1251, 18567], [1297, 18596],
                [1349, 18633],
                [1404, 18676], [1461, 18723],
            ])
        #expect(
            try places("5 5, '1 '1, 1 2, !100 !200, 101 201") == [[5, 5], [6, 6], [7, 8], [100, 200], [101, 201]])
        #expect(try places("5 5,'1'2,* *,**") == [[5, 5], [6, 7], [7, 9], [8, 11]])
        #expect(try places("5 6,* 7,+8-.5e1,#fF -1e2") == [[5, 6], [5, 7], [8, -5], [255, -100]])
    }

    @Test func channelsAreReadByTheirFormat() throws {
        let text = """
            <inkml:ink xmlns:inkml="http://www.w3.org/2003/InkML">
              <inkml:definitions>
                <inkml:inkSource xml:id="pen">
                  <inkml:traceFormat xml:id="f">
                    <inkml:channel name="X" type="integer"/><inkml:channel name="Y" orientation="-ve"/>
                    <inkml:channel name="T" units="s"/><inkml:channel name="F" min="0" max="1024"/>
                    <inkml:intermittentChannels>
                      <inkml:channel name="S" type="boolean" default="T"/><inkml:channel name="OTx" units="deg"/>
                    </inkml:intermittentChannels>
                  </inkml:traceFormat>
                </inkml:inkSource>
                <inkml:timestamp xml:id="t0" time="1000"/>
                <inkml:timestamp xml:id="t1" timestampRef="#t0" timeOffset="500"/>
                <inkml:context xml:id="c" inkSourceRef="#pen" timestampRef="#t1"/>
                <inkml:brush xml:id="b"><inkml:brushProperty name="width" value="3"/></inkml:brush>
              </inkml:definitions>
              <inkml:trace contextRef="#c" brushRef="#b" timeOffset="20">1 2 0 512, 3 4 0.01 ? T 30, 0 0 .02 1 F, 5 6 .03 * </inkml:trace>
            </inkml:ink>
            """
        let strokes = try parse(text)[0].strokes
        #expect(
            strokes == [
                Stroke([
                    Sample(x: 1, y: -2, time: 1_520_000, pressure: 0.5),
                    Sample(x: 3, y: -4, time: 1_530_000, tiltX: 30),
                ]),
                Stroke([Sample(x: 5, y: -6, time: 1_550_000, pressure: 1 / 1024)]),
            ])
    }

    @Test func contextsAndFormatsHoldForWhatFollows() throws {
        let text = """
            <ink><traceFormat><channel name="Y"/><channel name="X"/></traceFormat><trace>1 2</trace>
            <context><traceFormat><channel name="X"/><channel name="Y"/><channel name="Z"/></traceFormat></context>
            <trace>1 2 3</trace><trace contextRef="#DefaultContext">7 8</trace></ink>
            """
        #expect(
            try parse(text)[0].strokes.flatMap(\.samples) == [
                Sample(x: 2, y: 1), Sample(x: 1, y: 2), Sample(x: 7, y: 8),
            ])
    }

    @Test func labelsMakeTheLines() throws {
        let text = """
            <ink><annotation type="writer">ann</annotation>
              <traceGroup xml:id="g1"><annotation type="truth">a &lt; b &#x263A;</annotation><annotation type="writer">bob</annotation>
                <trace>1 1</trace><traceGroup><annotation type="truth">b</annotation><trace>2 2</trace></traceGroup></traceGroup>
              <traceGroup><trace>3 3</trace></traceGroup><trace>4 4</trace><trace type="penUp">9 9</trace>
            </ink>
            """
        let lines = try parse(text)
        #expect(lines.map(\.text) == ["a < b ☺", nil, nil])
        #expect(lines.map { $0.strokes.map { $0.samples[0].x } } == [[1, 2], [3], [4]])
        #expect(lines[0].id == "g1" && lines[0].writer == "bob" && lines[1].id == "page-2")
        #expect(try parse(text.replacingOccurrences(of: "\"writer\">ann", with: "\"truth\">all"))[0].sampleCount == 4)
    }

    @Test func viewsReferToTraces() throws {
        let text = """
            <ink><trace xml:id="a">1 1</trace><trace xml:id="b">2 2</trace><traceGroup xml:id="c"><trace>3 3</trace></traceGroup>
            <traceGroup><annotation type="truth">x</annotation><traceView traceDataRef="#b"/><traceView traceDataRef="#c"/></traceGroup></ink>
            """
        let labelled = try parse(text).filter { $0.text != nil }
        #expect(labelled.map { $0.strokes.map { $0.samples[0].x } } == [[2, 3]])
    }

    @Test func continuedTracesAreOneStroke() throws {
        let text =
            "<ink><trace continuation=\"begin\">1 1</trace><trace continuation=\"middle\">2 2</trace><trace continuation=\"end\">3 3</trace></ink>"
        #expect(try parse(text)[0].strokes == [Stroke(points: [(1, 1), (2, 2), (3, 3)])])
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        let lines = [
            InkLine(id: "1", source: "s & t", writer: "w", language: "en", text: "a<b>\"c\"", strokes: TestInk.line()),
            InkLine(
                id: "2",
                strokes: [Stroke([Sample(x: 0.1, y: 2e6, time: -1_001, tiltX: 2), Sample(x: 1, y: 2, pressure: 1)])]),
        ]
        #expect(try parse(InkML.document(lines)) == lines)
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("a.inkml")
        try InkFile.write(lines, to: file)
        #expect(try InkFile.read(file) == lines)
        #expect(throws: FileError.unwritable(path: file.path, reason: "XML has no character U+1")) {
            try InkML.write([InkLine(id: "\u{1}", strokes: [])], to: file)
        }
    }

    @Test func otherEncodingsAreRead() throws {
        let text = "<?xml version=\"1.0\"?><ink><annotation type=\"truth\">é</annotation><trace>1 2</trace></ink>"
        let utf16 = try #require(text.data(using: .utf16))
        #expect(try InkML.parse(utf16)[0].text == "é")
        let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + text.dropFirst(21)
        #expect(try InkML.parse(#require(latin.data(using: .isoLatin1)))[0].text == "é")
    }

    @Test func faultsHaveTheirLine() {
        #expect(fault("<ink>\n<trace>1 x</trace></ink>") == (2, "'x' is no value of a trace"))
        #expect(fault("<ink><trace>1, 2 3</trace></ink>") == (1, "point 1 has 1 values, its traceFormat wants 2"))
        // Where no format is stated, a third value is none of ours.
        #expect(fault("<ink><trace>1 2 3</trace></ink>").reason == "none")
        #expect(fault("<ink>\n\n<trace>") == (3, "the document ends inside <trace>"))
        #expect(fault("<ink></inc>").reason == "</inc> where </ink> is due")
        #expect(fault("<svg/>").reason == "the root element is <svg>, not <ink>")
        #expect(fault("").reason == "there is no element")
        #expect(
            fault("<ink><trace contextRef=\"#x\">1 2</trace></ink>").reason
                == "contextRef #x refers to nothing in the document")
        #expect(
            fault("<ink><traceView traceDataRef=\"#x\"/></ink>").reason
                == "traceDataRef #x refers to nothing in the document"
        )
        #expect(fault("<ink><trace>&bomb;</trace></ink>").reason == "unknown reference &bomb;")
    }

    @Test func hostileDocumentsAreRefusedAtOnce() throws {
        let bomb = """
            <!DOCTYPE ink [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
            <ink><annotation type="truth">&b;</annotation></ink>
            """
        #expect(fault(bomb).reason == "a document type that declares entities is refused")
        let external = "<!DOCTYPE ink SYSTEM \"file:///etc/passwd\"><ink><trace>1 2</trace></ink>"
        #expect(try parse(external)[0].strokes.count == 1)
        #expect(fault(String(repeating: "<ink>", count: 100_000)).reason == "elements are nested too deeply")
        var limits = InkLimits()
        limits.samples = 100
        let long = "<ink><trace>" + String(repeating: "1 2,", count: 101) + "</trace></ink>"
        #expect(throws: FileError.self) { try parse(long, limits: limits) }
        limits.samples = InkLimits().samples
        limits.strokes = 50
        let views =
            "<ink><traceGroup xml:id=\"g\">" + String(repeating: "<trace>1 2</trace>", count: 20) + "</traceGroup>"
            + String(repeating: "<traceView traceDataRef=\"#g\"/>", count: 20) + "</ink>"
        #expect(throws: FileError.tooLarge(path: "page.inkml", line: 1, what: "strokes", limit: 50)) {
            try parse(views, limits: limits)
        }
    }
}
