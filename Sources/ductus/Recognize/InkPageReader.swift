import ArgumentParser
import DuctusDocuments
import DuctusInk
import DuctusPages
import DuctusRecognition

extension LayoutChoice: ExpressibleByArgument {}

/// How ink is turned before it is read.
enum InkTurn: Equatable, ExpressibleByArgument {
    case automatic
    case by(QuarterTurn)

    init?(argument: String) {
        if argument == "auto" {
            self = .automatic
        } else if let degrees = Int(argument), let turn = QuarterTurn(degrees: degrees) {
            self = .by(turn)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .automatic: "auto"
        case .by(let turn): "\(turn.degrees)"
        }
    }

    /// nil: it is found.
    var turn: QuarterTurn? {
        if case .by(let turn) = self { turn } else { nil }
    }
}

/// Reads pages, one after the other; keeps its memory. Used by one thread at a time.
protocol InkPageReader {
    mutating func read(_ page: InkPage) throws -> PageResult
}

/// The reading of a page.
struct PageResult: Sendable {
    var page: ReadPage
    /// For each piece its recognition, with symbols in the order of the piece's strokes; nil for drawings, and where the reader keeps none.
    var recognitions: [Recognition?]
}

enum PageReaders {
    /// The reader for a layout.
    ///
    /// - Parameter turn: the clockwise turn after which writing stands upright; nil: it is found.
    static func reader(
        model: Model, decoding: Recognizer.Decoding, layout: LayoutChoice, turn: QuarterTurn? = nil
    ) -> any InkPageReader {
        WrittenPageReader(
            reader: PageReader(recognizer: Recognizer(model: model, decoding: decoding)), layout: layout, turn: turn)
    }
}

/// Reads what was written on a page; strokes of other tools are left out and reported.
struct WrittenPageReader: InkPageReader {
    let reader: PageReader
    let layout: LayoutChoice
    let turn: QuarterTurn?

    mutating func read(_ page: InkPage) throws -> PageResult {
        let written = page.ink.strokes.indices.filter(page.isWritten)
        let unused = page.ink.strokes.indices.filter { !page.isWritten($0) }
        guard !written.isEmpty || unused.isEmpty else {
            let page = ReadPage(unused: unused.map { UnusedStroke(stroke: $0, reason: .tool) })
            return PageResult(page: page, recognitions: [])
        }
        let choice = layout == .auto && page.isLine ? .line : layout
        let (read, lines) = try reader.readWithRecognitions(
            written.map { page.ink.strokes[$0] }, layout: choice, turn: turn)
        var result = read.renumbered(by: written)
        result.unused += unused.map { UnusedStroke(stroke: $0, reason: .tool) }
        return PageResult(page: result, recognitions: lines.map { $0?.inOwnOrder })
    }
}
