import DuctusDaemon
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation
import StreamingTestSupport
import Testing

@Suite struct CanaryInkTests {
    @Test func simulatedPensWriteEveryLetterAndDigit() throws {
        let lines = try CanaryInk.lines(from: nil)
        #expect(lines.count >= 40 && Set(lines.map(\.writer)).count > 10)
        let written = Set(lines.compactMap(\.text).joined())
        #expect("abcdefghijklmnopqrstuvwxyz0123456789".allSatisfy(written.contains))
        let model = try TinyModel.make()
        #expect(lines.allSatisfy { (try? model.alphabet.encode($0.text ?? "")) != nil && $0.sampleCount > 100 })
    }

    @Test func linesOfTheOperator_areSpreadOverTheFile() throws {
        let folder = try TemporaryFolder()
        let pen = SimulatedPen(writer: Writer(seed: 1))
        let line = try pen.line("a", seed: 1)
        let text = (0..<400).map { index in
            var copy = line
            copy.id = "\(index)"
            copy.text = index % 2 == 0 ? "a" : nil
            return JSONLines.line(copy)
        }.joined(separator: "\n")
        let lines = try CanaryInk.lines(from: try folder.write("canary.ndjson", text))
        #expect(lines.count == CanaryInk.limit && lines.allSatisfy { $0.text == "a" })
        #expect(throws: FileError.self) { try CanaryInk.lines(from: folder.path + "/none.ndjson") }
    }
}
