import DuctusFoundations
import DuctusInk
import Foundation

/// Files of ink in any of the formats that are read, told apart by their content.
public enum InkFile {
    /// Hands over the pages of a file, a pipe or standard input (`-`), one after the other.
    ///
    /// A fault of a page is handed over in its place, and reading goes on with the next page. Memory is bounded by the
    /// largest page where the format allows it, else by `options.limits.fileBytes`.
    /// - Throws: `FileError` for a fault of the file as a whole, and the errors of `pages`.
    public static func pages(
        of path: String, options: ReadingOptions = ReadingOptions(), _ pages: PageReceiver
    ) throws {
        let file = try LineReader(path: path, maximumBytes: options.limits.lineBytes)
        let format = try format(of: file)
        let isUpsideDown = options.y.map { $0 != format.y } ?? false
        try format.read(file, options: options) { page in
            try pages(page.map { isUpsideDown ? $0.nearby.upsideDown : $0.nearby })
        }
    }

    /// All pieces of ink of a file, without what was drawn with an eraser or a highlighter.
    ///
    /// - Throws: `FileError`, also for what is wrong with a single piece.
    public static func read(_ url: URL, limits: InkLimits = InkLimits()) throws -> [InkLine] {
        var lines: [InkLine] = []
        try pages(of: url.path, options: ReadingOptions(limits: limits)) { page in
            lines.append(try page.get().written)
            return true
        }
        return lines
    }

    /// The formats that are read, as messages call them.
    public static var formatNames: [String] { InkFormats.all.map { $0.name } }

    /// The name of a file's format, from its beginning.
    ///
    /// - Throws: `FileError.unknownFormat`, and what reading the file throws.
    public static func formatName(of url: URL) throws -> String {
        try format(of: LineReader(url)).name
    }

    /// The format of a file, from its beginning, which is still unread afterwards.
    static func format(of file: LineReader) throws -> any InkFormat.Type {
        var head = FileHead([])
        while head.bytes.count < FileHead.largest, let bytes = try file.peek() {
            head = FileHead(Array(bytes.prefix(FileHead.largest)))
            if let format = InkFormats.all.first(where: { $0.recognizes(head) }) { return format }
        }
        throw FileError.unknownFormat(path: file.path, found: head.description, remedy: InkFormats.remedy)
    }

    /// Writes ink: InkML if the name ends in `.inkml` or `.xml`, else JSON lines, compressed if it ends in `.gz`.
    ///
    /// - Throws: `FileError`.
    public static func write(_ lines: [InkLine], to url: URL) throws {
        if ["inkml", "xml"].contains(url.pathExtension.lowercased()) {
            try InkML.write(lines, to: url)
        } else {
            try JSONLines.write(lines, to: url)
        }
    }
}

extension InkPage {
    /// The page with y growing the other way.
    fileprivate var upsideDown: InkPage {
        var page = self
        for stroke in page.ink.strokes.indices {
            for sample in page.ink.strokes[stroke].samples.indices {
                page.ink.strokes[stroke].samples[sample].y.negate()
            }
        }
        if let sheet { page.sheet?.y = -sheet.y - sheet.height }
        return page
    }
}
