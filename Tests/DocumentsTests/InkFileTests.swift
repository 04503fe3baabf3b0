import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation
import InkTestSupport
import Testing

@Suite struct InkFileTests {
    @Test func theContentTellsTheFormat() throws {
        let folder = try TemporaryFolder()
        #expect(try InkFile.formatName(of: folder.write("a", "\n  {\"strokes\":[]}")) == "JSON lines")
        #expect(try InkFile.formatName(of: folder.write("b", "\u{feff}<?xml version=\"1.0\"?><ink/>")) == "InkML")
        #expect(try InkFile.formatName(of: folder.write("c", "\n.VERSION 1.0\n")) == "UNIPEN")
        #expect(try InkFile.formatName(of: folder.write("u", #require("<ink/>".data(using: .utf16)))) == "InkML")
        for text in ["", "hello", "12 13", "\u{0}\u{1}"] {
            let file = try folder.write("d", text)
            let error = #expect(throws: FileError.self) { try InkFile.read(file) }
            guard case .unknownFormat(file.path, _, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test func oneFunctionReadsAllFormats() throws {
        let folder = try TemporaryFolder()
        let lines = [InkLine(id: "1", text: "hi", strokes: TestInk.line(strokes: 3))]
        for name in ["a.ndjson", "a.ndjson.gz", "a.inkml"] {
            let file = folder.url.appendingPathComponent(name)
            try InkFile.write(lines, to: file)
            #expect(try InkFile.read(file) == lines)
        }
        let unipen = try folder.write("a.dat", ".PEN_DOWN\n1 2\n3 4\n")
        #expect(try InkFile.read(unipen)[0].strokes == [Stroke(points: [(1, -2), (3, -4)])])
    }

    @Test func aFileThatCannotBeWrittenIsNamed() {
        for name in ["a.ndjson", "a.inkml"] {
            #expect(throws: FileError.self) {
                try InkFile.write([], to: URL(fileURLWithPath: "/nowhere/at/all/\(name)"))
            }
        }
    }
}
