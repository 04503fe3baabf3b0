import Foundation

/// Why a file of ink could not be read or written. Every message names the file, the place and the remedy.
public enum InkFileError: Error, Equatable, CustomStringConvertible, LocalizedError {
    /// The file cannot be opened, read or written; with the operating system's reason.
    case inaccessible(path: String, reason: String)
    /// The compressed data is damaged or cut off.
    case damaged(path: String, line: Int, reason: String)
    /// The file breaks its format's rules at `line`, counted from 1.
    case malformed(path: String, line: Int, reason: String, remedy: String)
    /// The file asks for more memory than a reader grants: see `InkLimits`.
    case tooLarge(path: String, line: Int, what: String, limit: Int)
    /// Neither JSON lines nor InkML nor UNIPEN.
    case unknownFormat(path: String)
    /// The ink cannot be expressed in the format to be written.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .inaccessible(let path, let reason):
            "\(path): \(reason). Check the path and its permissions."
        case .damaged(let path, let line, let reason):
            "\(path): damaged compressed data after line \(line) (\(reason)). Copy or download the file again."
        case .malformed(let path, let line, let reason, let remedy):
            "\(path):\(line): \(reason). \(remedy)"
        case .tooLarge(let path, let line, let what, let limit):
            "\(path):\(line): more than \(limit) \(what). Split the file, or check that it is ink."
        case .unknownFormat(let path):
            "\(path): neither JSON lines (an object per line) nor InkML (<ink>) nor UNIPEN (.VERSION …). "
                + "Convert the ink to one of these."
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason)."
        }
    }

    public var errorDescription: String? { description }
}

/// What a reader grants a file, so that a hostile one costs bounded time and memory.
public struct InkLimits: Equatable, Sendable {
    /// Bytes of one line of a line-by-line format, uncompressed.
    public var lineBytes = 64 << 20
    /// Bytes of a whole file that is held at once (InkML, UNIPEN), uncompressed.
    public var fileBytes = 256 << 20
    /// Samples of one piece of ink.
    public var samples = 2_000_000
    /// Strokes of one piece of ink.
    public var strokes = 100_000

    public init() {}
}
