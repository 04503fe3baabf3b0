import DuctusDocuments
import DuctusWire

/// The forms in which a reading is given, chosen by the request's `Accept`.
enum AnswerFormat: String, CaseIterable, Sendable {
    case json = "application/json"
    case jiix = "application/vnd.myscript.jiix"
    case text = "text/plain"
    case hocr = "text/html"

    /// Further names of the same.
    private static let names: [String: AnswerFormat] = [
        "application/*": .json, "*/*": .json, "application/jiix+json": .jiix, "text/*": .text,
        "application/xhtml+xml": .hocr, "text/vnd.hocr+html": .hocr,
    ]

    /// The one that is liked best, JSON where nothing is said.
    ///
    /// - Throws: `Problem` where none of what is accepted is there.
    init(accepting fields: [String]) throws(Problem) {
        var best: (format: AnswerFormat, weight: Double)?
        for part in fields.joined(separator: ",").split(separator: ",") {
            let pieces = part.split(separator: ";").map { String($0).trimmed.lowercased() }
            guard let name = pieces.first, let format = AnswerFormat(rawValue: name) ?? Self.names[name] else {
                continue
            }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if quality > 0, quality > best?.weight ?? 0 { best = (format, quality) }
        }
        if let best {
            self = best.format
        } else if fields.allSatisfy({ $0.trimmed.isEmpty }) {
            self = .json
        } else {
            throw Problem(
                .notAcceptable, "accept", "none of the accepted forms is there",
                remedy: "accept one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func response(_ ink: RecognizedInk) -> WebResponse {
        switch self {
        case .json: .json(ReadingJSON.text(ink))
        case .jiix: WebResponse(type: rawValue, body: Array(ink.jiix(.answer).utf8))
        case .text: .text(ink.reading.text + "\n")
        case .hocr: WebResponse(type: "text/html; charset=utf-8", body: Array(ink.hocr.utf8))
        }
    }
}
