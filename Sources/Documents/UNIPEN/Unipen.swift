import DuctusFoundations
import DuctusInk
import Foundation

/// UNIPEN files (Guyon et al., "UNIPEN project of on-line data exchange and recognizer benchmarks", ICPR 1994): statements
/// that begin with a dot and a keyword at the start of a line.
///
/// Read are `.COORD`, `.PEN_DOWN`, `.PEN_UP`, `.DT`, `.SEGMENT`, `.HIERARCHY`, `.POINTS_PER_SECOND`, `.WRITER`, `.WRITER_ID`,
/// `.DATA_SOURCE`, `.DATA_ID` and `.INCLUDE`; other statements are skipped. A segment becomes one piece of ink. Strokes are
/// counted from 0 over all `.PEN_DOWN` statements of the file with its included ones.
public enum Unipen {
    /// The options for what UNIPEN files leave open.
    public struct Options: Equatable, Sendable {
        /// The definition's y grows up; some files' grows down.
        public var yGrowsUp = true
        /// Makes times from `.POINTS_PER_SECOND` and `.DT` where there is no `T` column. They lack the pauses between strokes
        /// unless the file has `.DT` throughout, so by default time is absent instead.
        public var timeFromRate = false
        /// The level of `.SEGMENT` to read, for example `WORD`; nil for the first one in `.HIERARCHY` (or else in the file) that
        /// has labels.
        public var level: String?

        /// The default options.
        public init() {}
    }

    /// Reads a file, plain or gzip. Included files are looked for in its own folder, and in a folder `include` beside it or
    /// above it, and nowhere else.
    ///
    /// - Returns: the segments of one level; all ink as one unlabelled piece if there is none.
    /// - Throws: `FileError`.
    public static func read(
        _ url: URL, options: Options = Options(), limits: InkLimits = InkLimits()
    ) throws -> [InkLine] {
        var lines: [InkLine] = []
        var reading = ReadingOptions(limits: limits)
        reading.unipen = options
        try UnipenFormat.read(LineReader(url, maximumBytes: limits.lineBytes), options: reading) { page in
            lines.append(try page.get().ink)
            return true
        }
        return lines
    }
}

enum UnipenFormat: InkFormat {
    static let name = "UNIPEN"
    static let y = YDirection.up

    /// One of the first lines is a statement: a dot and a keyword in capitals.
    static func recognizes(_ head: FileHead) -> Bool {
        let lines = head.bytes.prefix(4096).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
        guard let first = lines.first(where: { $0.contains { $0 > 0x20 } })?.drop(while: { $0 <= 0x20 }) else {
            return false
        }
        return first.first == UInt8(ascii: ".") && first.count > 1
            && (0x41...0x5a).contains(first[first.startIndex + 1])
    }

    static func read(_ file: LineReader, options: ReadingOptions, _ pages: PageReceiver) throws {
        var reader = UnipenReader(options: options.unipen, limits: options.limits)
        try reader.read(file)
        for fault in reader.faults where try !pages(.failure(fault)) { return }
        let name = URL(filePath: file.path).deletingPathExtension().lastPathComponent
        for page in reader.pages(fallbackID: name) where try !pages(page) { return }
    }
}
