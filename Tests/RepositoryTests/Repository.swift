import Foundation

/// The files of this repository, as they stand beside the tests.
enum Repository {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Paths of the files in a folder, from the root, sorted. What builds leave behind is passed over.
    static func files(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { path in !path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__pycache__" } }
            .map { "\(folder)/\($0)" }.sorted()
    }

    /// The Swift files of `Sources` that people wrote.
    static func sources() throws -> [String] {
        try files(in: "Sources").filter { $0.hasSuffix(".swift") && !$0.contains("/Generated/") }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func lines(_ path: String) throws -> [Substring] {
        try text(path).split(separator: "\n", omittingEmptySubsequences: false)
    }
}
