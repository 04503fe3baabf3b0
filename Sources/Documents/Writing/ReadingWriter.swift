import DuctusInk
import Foundation

/// Writes a document of what was read on pages of ink. A folder each; ``ReadingFormats`` lists them.
public protocol ReadingWriter {
    /// The format's name for `--format`.
    static var name: String { get }
    /// The ending of its files.
    static var fileExtension: String { get }
    /// - Parameters:
    ///   - title: of the document.
    ///   - output: takes the document's bytes, piece by piece.
    init(title: String, output: @escaping ([UInt8]) throws -> Void)
    /// Writes a page.
    mutating func append(_ page: InkPage, _ reading: ReadPage) throws
    /// Ends the document.
    mutating func finish() throws
}

/// The formats in which readings are written.
public enum ReadingFormats {
    static var all: [any ReadingWriter.Type] {
        [JIIXWriter.self, HOCRWriter.self, InkMLReadingWriter.self, PDFWriter.self, SVGWriter.self]
    }

    /// The names for `--format`, besides text and JSON.
    public static var names: [String] { all.map { $0.name } }

    /// The ending of a format's files, without a dot.
    public static func fileExtension(of name: String) -> String {
        all.first { $0.name == name }?.fileExtension ?? name
    }

    /// The writer of a format.
    ///
    /// - Parameter over: a PDF that shows the same pages, for formats that are written over one.
    /// - Throws: `FileError`.
    public static func writer(
        _ name: String, title: String, over: URL? = nil, output: @escaping ([UInt8]) throws -> Void
    ) throws -> any ReadingWriter {
        guard let format = all.first(where: { $0.name == name }) else { preconditionFailure("no format \(name)") }
        if let over { return try PDFOverlay(over: over, output: output) }
        return format.init(title: title, output: output)
    }
}
