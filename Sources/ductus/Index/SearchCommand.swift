import ArgumentParser
import DuctusDrawing
import DuctusFoundations
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
        let hits = try NoteIndex(reading: index.location).search(words, limit: limit)
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
        try NotePicture(of: first).drawing.write(to: URL(filePath: out))
    }
}
