import Foundation

/// Files of ink in any of the formats that are read, told apart by their content.
public enum InkFile {
    /// The formats that are read.
    public enum Format: Equatable, Sendable {
        case jsonLines
        case inkML
        case unipen
    }

    /// All pieces of ink of a file, plain or gzip.
    ///
    /// - Throws: `InkFileError`.
    public static func read(_ url: URL, limits: InkLimits = InkLimits()) throws -> [InkLine] {
        switch try format(of: url) {
        case .jsonLines: try JSONLines.read(url, limits: limits)
        case .inkML: try InkML.read(url, limits: limits)
        case .unipen: try Unipen.read(url, limits: limits)
        }
    }

    /// The format of a file, from its first line that is not empty.
    ///
    /// - Throws: `InkFileError.unknownFormat`, and what reading the file throws.
    public static func format(of url: URL) throws -> Format {
        let reader = try LineReader(url)
        while let bytes = try reader.next() {
            // A byte order mark, white space, and the zeros of UTF-16 tell nothing.
            let text = bytes.drop { [0xef, 0xbb, 0xbf, 0xff, 0xfe, 0x00, 0x20, 0x09].contains($0) }
            switch text.first {
            case nil: continue
            case UInt8(ascii: "{"): return .jsonLines
            case UInt8(ascii: "<"): return .inkML
            case UInt8(ascii: ".") where text.count > 1 && (0x41...0x5a).contains(text[text.startIndex + 1]):
                return .unipen
            default: throw InkFileError.unknownFormat(path: url.path)
            }
        }
        throw InkFileError.unknownFormat(path: url.path)
    }

    /// Writes ink: InkML if the name ends in `.inkml` or `.xml`, else JSON lines, compressed if it ends in `.gz`.
    ///
    /// - Throws: `InkFileError`.
    public static func write(_ lines: [InkLine], to url: URL) throws {
        if ["inkml", "xml"].contains(url.pathExtension.lowercased()) {
            try InkML.write(lines, to: url)
        } else {
            try JSONLines.write(lines, to: url)
        }
    }
}
