import Foundation
import ProgramTestSupport
import Testing

/// Pages that were written or scanned sideways.
@Suite struct SidewaysTests {
    private static let lines = ["we agreed to move", "the release to the end", "of the next month"]

    private struct Line: Decodable {
        var text: String
        var box: [Double]
    }

    /// The lines that are read of a page whose points are moved; `arguments` follow the file.
    private func read(_ arguments: [String] = [], moved: ([Double]) -> [Double]) throws -> [Line] {
        let ductus = try #require(DaemonUnderTest.program("ductus"), "ductus is not built")
        let model = try #require(FixtureFolder.model, "models/english is missing").path
        let folder = FileManager.default.temporaryDirectory.appending(path: "sideways-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let upright = folder.appending(path: "upright.ndjson"), file = folder.appending(path: "page.ndjson")
        let made = try ChildProgram.run(
            ductus, ["synthesize", Self.lines.joined(separator: "\\n"), "--seed", "3", "--out", upright.path])
        #expect(made.status == 0, "\(made.output)")
        let page = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: upright)) as? [String: Any])
        let strokes = try #require(page["strokes"] as? [[[Double]]])
        let turned = strokes.map { stroke in
            let points = zip(stroke[0], stroke[1]).map { moved([$0, $1]) }
            return [points.map { $0[0] }, points.map { $0[1] }]
        }
        try JSONSerialization.data(withJSONObject: ["id": "1", "strokes": turned]).write(to: file)
        let ran = try ChildProgram.run(
            ductus, ["recognize", file.path, "--model", model, "--layout", "page", "--json"] + arguments)
        #expect(ran.status == 0, "\(ran.output)")
        return try ran.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    @Test func aPageOnItsSideIsFoundToBe() throws {
        for moved in [{ [-$0[1], $0[0]] }, { [$0[1], -$0[0]] }, { [-$0[0], -$0[1]] }] as [([Double]) -> [Double]] {
            #expect(try read(moved: moved).map(\.text) == Self.lines)
        }
    }

    @Test func theTurnMayBeTold() throws {
        let lines = try read(["--rotate", "90"]) { [$0[1], -$0[0]] }
        #expect(lines.map(\.text) == Self.lines)
        // Lines run up the page: each is higher than wide, where the ink is.
        #expect(lines.allSatisfy { $0.box[3] - $0.box[1] > 3 * ($0.box[2] - $0.box[0]) && $0.box[3] <= 1 })
        #expect(try read(["--rotate", "0"]) { [$0[1], -$0[0]] }.map(\.text) != Self.lines)
    }
}
