import Foundation

/// The errors of reading and writing files. Every message names the file, the place and the remedy.
public enum FileError: Error, Equatable, CustomStringConvertible, LocalizedError {
    /// The file cannot be opened, read or written; with the operating system's reason.
    case inaccessible(path: String, reason: String)
    /// The compressed data is damaged or cut off.
    case damaged(path: String, line: Int, reason: String)
    /// The file breaks its format's rules at `line`, counted from 1.
    case malformed(path: String, line: Int, reason: String, remedy: String)
    /// A file that has no lines breaks its format's rules at a place that `place` names.
    case broken(path: String, place: String, reason: String, remedy: String)
    /// The file asks for more memory than a reader grants.
    case tooLarge(path: String, line: Int, what: String, limit: Int)
    /// None of the formats that are read; `found` says what it seems to be.
    case unknownFormat(path: String, found: String, remedy: String)
    /// The file cannot be written, or what was to be written cannot be expressed in its format.
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .inaccessible(let path, let reason):
            "\(path): \(reason). Check the path and its permissions."
        case .damaged(let path, let line, let reason):
            "\(path): damaged compressed data after line \(line) (\(reason)). Copy or download the file again."
        case .malformed(let path, let line, let reason, let remedy):
            "\(path):\(line): \(reason). \(remedy)"
        case .broken(let path, let place, let reason, let remedy):
            "\(path): \(place): \(reason). \(remedy)"
        case .tooLarge(let path, let line, let what, let limit):
            "\(path):\(line): more than \(limit) \(what). Split the file, or check that it is ink."
        case .unknownFormat(let path, let found, let remedy):
            "\(path): \(found). \(remedy)"
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason). Check the path, its permissions, and the room on the disk."
        }
    }

    public var errorDescription: String? { description }
}
