import Foundation
import Synchronization

/// A file of JSON lines that several threads write.
final class HistoryFile: Sendable {
    private let handle: Mutex<FileHandle>
    private let began = ContinuousClock.now

    init(_ path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure("\(path) cannot be written") }
        handle = Mutex(file)
    }

    func write(_ entry: [String: String]) {
        var entry = entry
        entry["seconds"] = String(format: "%.3f", (ContinuousClock.now - began) / .seconds(1))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(entry) else { return }
        handle.withLock { try? $0.write(contentsOf: line + Data("\n".utf8)) }
    }
}
