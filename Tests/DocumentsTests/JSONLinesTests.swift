import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation
import InkTestSupport
import Testing

@Suite struct JSONLinesTests {
    private func parse(_ text: String) throws -> InkLine {
        try Array(text.utf8).withUnsafeBytes { try JSONLines.parse($0, path: "ink", line: 7) }
    }

    private func reason(_ text: String) -> String {
        do {
            _ = try parse(text)
            return "none"
        } catch let error as FileError {
            guard case .malformed(_, let line, let reason, _) = error else { return "\(error)" }
            #expect(line == 7)
            return reason
        } catch {
            return "\(error)"
        }
    }

    @Test func aLineOfTheDataSetsIsRead() throws {
        let line = try parse(
            #"{"id":"a1","source":"iam-ondb","writer":"9","lang":"en","text":"a\u00e9\n\"\ud83d\ude00","extra":{"a":[1,{"b":null}],"c":true},"strokes":[[[1,2.5],[3,-4e1],[0,10.5]],[[7],[8]]]} "#
        )
        #expect(line.id == "a1" && line.source == "iam-ondb" && line.writer == "9" && line.language == "en")
        #expect(line.text == "aé\n\"😀")
        #expect(
            line.strokes == [
                Stroke([Sample(x: 1, y: 3, time: 0), Sample(x: 2.5, y: -40, time: 10_500)]),
                Stroke([Sample(x: 7, y: 8)]),
            ])
    }

    @Test func pressureTiltAndMissingValuesAreRead() throws {
        let line = try parse(#"{"strokes":[[[1,null],[3,4],[],[0.5,null],[10,20],[-5,NaN]]]}"#)
        let samples = line.strokes[0].samples
        #expect(samples[0] == Sample(x: 1, y: 3, pressure: 0.5, tiltX: 10, tiltY: -5))
        #expect(samples[1].x.isNaN && samples[1].pressure == nil && samples[1].tiltX == 20 && samples[1].tiltY == nil)
        #expect(line.id == "line-7" && line.text == nil)
    }

    @Test func faultsAreNamed() {
        #expect(reason(#"{"strokes":[[[1,2],[3]]]}"#).hasPrefix("the channels of a stroke differ in length"))
        #expect(reason(#"{"strokes":[[[1,2]]]}"#).hasPrefix("a stroke needs x and y"))
        #expect(reason(#"{"id":"a"}"#).hasPrefix("the object has no \"strokes\""))
        #expect(reason(#"{"strokes":[]} x"#).hasPrefix("something follows the object"))
        #expect(reason(#"{"strokes":[[[1,x],[2]]]}"#).hasPrefix("expected a number"))
        #expect(reason(#"{"id":"a"#).hasPrefix("a string has no end"))
        #expect(reason(#"{"id":"\ud800"}"#).hasPrefix("half a surrogate pair"))
        #expect(reason(#"{"id":{"a":3}}"#).hasPrefix("the object has no \"strokes\""))
        #expect(reason("[]").hasPrefix("expected '{', found '['"))
        #expect(reason(#"{"a":"# + String(repeating: "[", count: 1_000)).hasPrefix("nested too deeply"))
    }

    @Test func aMessageHasPlaceAndRemedy() {
        let error = FileError.malformed(path: "ink.ndjson", line: 3, reason: "a", remedy: "B.")
        #expect("\(error)" == "ink.ndjson:3: a. B.")
    }

    @Test func limitsHold() throws {
        var limits = InkLimits()
        limits.samples = 3
        let text = Array(#"{"strokes":[[[1,2],[3,4]],[[1,2],[3,4]]]}"#.utf8)
        #expect(throws: FileError.tooLarge(path: "ink", line: 1, what: "samples", limit: 3)) {
            try text.withUnsafeBytes { try JSONLines.parse($0, limits: limits) }
        }
        limits = InkLimits()
        limits.strokes = 1
        #expect(throws: FileError.tooLarge(path: "ink", line: 1, what: "strokes", limit: 1)) {
            try text.withUnsafeBytes { try JSONLines.parse($0, limits: limits) }
        }
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        let folder = try TemporaryFolder()
        var lines = [
            InkLine(id: "\"ö\u{1}\\", source: "s", writer: "w", language: "en", text: "a\tb", strokes: TestInk.line())
        ]
        lines.append(
            InkLine(
                id: "2",
                strokes: [
                    Stroke([Sample(x: 0.1, y: -1e6, time: -1, pressure: 0.3, tiltX: 1), Sample(x: 1e-9, y: 3)]),
                    Stroke(),
                ]))
        for name in ["a.ndjson", "a.ndjson.gz"] {
            let file = folder.url.appendingPathComponent(name)
            try JSONLines.write(lines, to: file)
            #expect(try JSONLines.read(file) == lines)
        }
        #expect(try Data(contentsOf: folder.url.appendingPathComponent("a.ndjson")).first == UInt8(ascii: "{"))
    }

    @Test func readingStopsWhenTold() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a", "{\"strokes\":[]}\n\n  \n{\"strokes\":[]}\nbroken")
        var count = 0
        try InkFile.pages(of: file.path) { _ in
            count += 1
            return count < 2
        }
        #expect(count == 2)
        #expect(throws: FileError.self) { try JSONLines.read(file) }
    }

    #if DUCTUS_DATA
        @Test func aDataSetIsReadWhole() throws {
            let lines = try JSONLines.read(TestInk.handwriting("unipen-word-val"))
            #expect(lines.count == 3_785)
            #expect(lines.allSatisfy { $0.text?.isEmpty == false && !$0.strokes.isEmpty && $0.writer != nil })
            #expect(Set(lines.map(\.id)).count == lines.count)
        }
    #endif
}
