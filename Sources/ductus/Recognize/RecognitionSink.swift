import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusRecognition
import Foundation

/// Takes what was read, in the order of the files and their pages.
protocol RecognitionSink {
    func write(_ item: ReadItem) throws
    /// All files were read.
    func finish() throws
}

/// Text that is written line by line.
protocol ReadingLines {
    /// The lines for a page.
    func lines(for item: ReadItem, _ page: InkPage, _ result: PageResult) throws -> [String]
}

/// Writes lines to standard output, or to a file.
final class LinesSink: RecognitionSink {
    private let format: any ReadingLines
    private let writer: LineWriter?

    init(_ format: any ReadingLines, out: String?) throws {
        self.format = format
        writer = try out.map { try LineWriter(URL(filePath: $0)) }
    }

    func write(_ item: ReadItem) throws {
        guard case .page(let page, let result) = item.content else { return }
        let lines = try format.lines(for: item, page, result)
        if let writer {
            for line in lines { try writer.append(line) }
        } else if !lines.isEmpty {
            Terminal.endStatus()
            try StandardOutput.write((lines.joined(separator: "\n") + "\n").utf8)
        }
    }

    func finish() throws {
        try writer?.close()
    }
}

/// The lines' text alone; of several files with the name of the file and the number of the page in it.
struct TextLines: ReadingLines {
    var namesFiles: Bool

    func lines(for item: ReadItem, _ page: InkPage, _ result: PageResult) -> [String] {
        let texts = result.page.pieces.filter { $0.kind == .text }.map(\.text)
        return namesFiles ? texts.map { "\(item.path):\(item.number): \($0)" } : texts
    }
}

/// One JSON object per piece.
struct JSONLinesOfReading: ReadingLines {
    func lines(for item: ReadItem, _ page: InkPage, _ result: PageResult) throws -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try result.page.pieces.enumerated().map { number, piece in
            let output = RecognitionOutput(
                item, page, piece, number: number + 1, isOnly: result.page.pieces.count == 1,
                recognition: number < result.recognitions.count ? result.recognitions[number] : nil,
                unused: number == 0 ? result.page.unused : [])
            return String(decoding: try encoder.encode(output), as: UTF8.self)
        }
    }
}

/// The output of `recognize --json` for a line of text or a drawing.
struct RecognitionOutput: Encodable {
    struct Symbol: Encodable {
        var text: String
        var confidence: Float
        /// First and one past the last: samples over all strokes of the piece, strokes of the piece.
        var samples, strokes: [Int]
    }

    struct Alternative: Encodable {
        var text: String
        var score: Float
    }

    struct Word: Encodable {
        struct Candidate: Encodable {
            var text: String
            var confidence: Float
        }

        var text: String
        var confidence: Float
        var box: [Double]
        var strokes: [Int]
        var candidates: [Candidate]
    }

    struct Unused: Encodable {
        var stroke: Int
        var reason: String
    }

    var file: String
    /// The name of the page or piece of ink.
    var id: String
    /// Of the page in its file and of the line in its page, counted from 1; of the block, from 0.
    var page, line, block: Int
    var kind: String
    var text: String
    var reference: String?
    var confidence: Float
    /// Indexes into the page's strokes.
    var strokes: [Int]
    /// Left, top, right, bottom, in the units of the file.
    var box: [Double]
    var words: [Word]
    var symbols: [Symbol]
    var alternatives: [Alternative]
    /// Strokes of the page that were not read; with its first piece.
    var unused: [Unused]?

    init(
        _ item: ReadItem, _ page: InkPage, _ piece: ReadPiece, number: Int, isOnly: Bool, recognition: Recognition?,
        unused: [UnusedStroke]
    ) {
        file = item.path
        id = page.ink.id
        self.page = item.number
        line = number
        block = piece.block
        kind = piece.kind.rawValue
        text = piece.text
        // It is not known which part of the text belongs to a line of a page.
        reference = isOnly ? page.ink.text : nil
        confidence = piece.confidence
        strokes = piece.strokes
        box = page.placement.box(piece.box)
        words = piece.words.map { word in
            Word(
                text: word.text, confidence: word.confidence, box: page.placement.box(word.box), strokes: word.strokes,
                candidates: word.candidates.map { .init(text: $0.text, confidence: $0.confidence) })
        }
        symbols = (recognition?.symbols ?? []).map {
            Symbol(
                text: $0.text, confidence: $0.confidence, samples: [$0.samples.lowerBound, $0.samples.upperBound],
                strokes: [$0.strokes.lowerBound, $0.strokes.upperBound])
        }
        alternatives = (recognition?.alternatives ?? []).map { Alternative(text: $0.text, score: $0.score) }
        self.unused = unused.isEmpty ? nil : unused.map { Unused(stroke: $0.stroke, reason: $0.reason.rawValue) }
    }
}
