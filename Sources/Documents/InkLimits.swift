import DuctusFoundations

/// The limits of a file reader, so that a hostile file costs bounded time and memory.
public struct InkLimits: Equatable, Sendable {
    /// Bytes of one line of a line-by-line format, uncompressed.
    public var lineBytes = LineReader.longestLine
    /// Bytes of a whole file that is held at once, and of all that is unpacked from it.
    public var fileBytes = LineReader.largestFile
    /// Samples of one piece of ink.
    public var samples = 2_000_000
    /// Strokes of one piece of ink.
    public var strokes = 100_000
    /// Pages of a file.
    public var pages = 100_000

    /// The default limits.
    public init() {}
}
