import DuctusFoundations
import Foundation

/// One format of files with ink. A folder each; ``InkFormats`` lists them.
public protocol InkFormat: Sendable {
    /// The format's name in messages, with the usual ending of its files.
    static var name: String { get }
    /// Which way y grows in files of this format.
    static var y: YDirection { get }
    /// Whether a file that begins so is of this format.
    static func recognizes(_ head: FileHead) -> Bool
    /// Hands over the pages of a file in their order. A fault of one page is handed over in its place, and the next is
    /// read.
    ///
    /// - Throws: `FileError` for a fault of the file as a whole, and the errors of `pages`.
    static func read(_ file: LineReader, options: ReadingOptions, _ pages: PageReceiver) throws
}

extension InkFormat {
    public static var y: YDirection { .down }
}

/// Takes a page, or why one could not be read; false ends the reading.
public typealias PageReceiver = (Result<InkPage, FileError>) throws -> Bool

/// Which way y grows.
public enum YDirection: String, Sendable, CaseIterable {
    case up, down
}

/// Options for what files leave open.
public struct ReadingOptions: Equatable, Sendable {
    /// Bounds of what is read of one file.
    public var limits: InkLimits
    /// The options of UNIPEN files.
    public var unipen: Unipen.Options
    /// Which way y grows in the file, where it is not the way that the format says.
    public var y: YDirection?

    /// Options of reading. `unipen` concerns UNIPEN files alone.
    public init(limits: InkLimits = InkLimits(), unipen: Unipen.Options = Unipen.Options()) {
        self.limits = limits
        self.unipen = unipen
    }
}

/// Formats that are read whole, from memory.
protocol WholeFileFormat: InkFormat {
    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws
}

extension WholeFileFormat {
    public static func read(_ file: LineReader, options: ReadingOptions, _ pages: PageReceiver) throws {
        try read(file.rest(limit: options.limits.fileBytes), path: file.path, options: options, pages)
    }
}

/// The formats that are read, in the order in which they are tried.
enum InkFormats {
    static let all: [any InkFormat.Type] = [
        InkMLFormat.self, XournalFormat.self, IAMOnDBFormat.self, SVGFormat.self, UnipenFormat.self,
        IinkRequestFormat.self, GoogleInkFormat.self, QuickDrawFormat.self, ExcalidrawFormat.self, RnoteFormat.self,
        JIIXFormat.self, JSONLinesFormat.self, ReMarkableFormat.self, ZipFormat.self, UIMFormat.self,
        WILLFormat.self, PDFFormat.self,
    ]

    /// The list of the formats, for a message.
    static var remedy: String {
        "Read are \(all.map { $0.name }.joined(separator: ", "))."
    }
}
