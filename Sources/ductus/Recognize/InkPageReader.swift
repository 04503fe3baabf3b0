import ArgumentParser
import DuctusDocuments
import DuctusInk
import DuctusPages
import DuctusRecognition

extension LayoutChoice: ExpressibleByArgument {}

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
    static func reader(model: Model, decoding: Recognizer.Decoding, layout: LayoutChoice) -> any InkPageReader {
        WrittenPageReader(
            reader: PageReader(recognizer: Recognizer(model: model, decoding: decoding)), layout: layout)
    }
}

/// Reads what was written on a page; strokes of other tools are left out and reported.
struct WrittenPageReader: InkPageReader {
    let reader: PageReader
    let layout: LayoutChoice

    mutating func read(_ page: InkPage) throws -> PageResult {
        let written = page.ink.strokes.indices.filter(page.isWritten)
        let unused = page.ink.strokes.indices.filter { !page.isWritten($0) }
        guard !written.isEmpty || unused.isEmpty else {
            let page = ReadPage(unused: unused.map { UnusedStroke(stroke: $0, reason: .tool) })
            return PageResult(page: page, recognitions: [])
        }
        let choice = layout == .auto && page.isLine ? .line : layout
        let (read, lines) = try reader.readWithRecognitions(
            written.map { page.ink.strokes[$0] }, layout: choice)
        var result = read.renumbered(by: written)
        result.unused += unused.map { UnusedStroke(stroke: $0, reason: .tool) }
        return PageResult(page: result, recognitions: lines.map { $0?.inOwnOrder })
    }
}
