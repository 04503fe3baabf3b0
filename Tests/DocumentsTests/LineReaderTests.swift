import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation
import InkTestSupport
import Testing

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("ductus-ink-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> URL {
        try write(name, Data(text.utf8))
    }

    @discardableResult
    func write(_ name: String, _ data: Data) throws -> URL {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        return file
    }
}

@Suite struct LineReaderTests {
    private func lines(_ url: URL, maximumBytes: Int = 1 << 20) throws -> [String] {
        let reader = try LineReader(url, maximumBytes: maximumBytes)
        var lines: [String] = []
        while let bytes = try reader.next() { lines.append(String(decoding: bytes, as: UTF8.self)) }
        return lines
    }

    @Test func linesEndWithAnyEnd() throws {
        let folder = try TemporaryFolder()
        #expect(try lines(folder.write("a", "one\ntwo\r\n\nlast")) == ["one", "two", "", "last"])
        #expect(try lines(folder.write("b", "one\n")) == ["one"])
        #expect(try lines(folder.write("c", "")) == [])
    }

    @Test func aLineLongerThanTheBufferIsWhole() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "x", count: 700_000)
        #expect(try lines(folder.write("a", "a\n\(long)\nb")) == ["a", long, "b"])
    }

    @Test func aLineAboveTheLimitIsRefusedWithItsNumber() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a", "a\n" + String(repeating: "x", count: 500_000))
        #expect(throws: FileError.tooLarge(path: file.path, line: 2, what: "bytes in a line", limit: 300_000)) {
            try lines(file, maximumBytes: 300_000)
        }
    }

    @Test func aFileThatUnpacksToMoreThanTheLimitIsRefused() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("bomb.inkml.gz")
        try JSONLines.write([InkLine(id: String(repeating: "a", count: 3_000_000), strokes: [])], to: file)
        #expect(try Data(contentsOf: file).count < 10_000)
        #expect(throws: FileError.tooLarge(path: file.path, line: 1, what: "bytes", limit: 1_000_000)) {
            try LineReader.contents(of: file, limit: 1_000_000)
        }
        #expect(try LineReader.contents(of: file).count > 3_000_000)
    }

    @Test func aMissingFileAndAFolderAreNamed() throws {
        let folder = try TemporaryFolder()
        let missing = folder.url.appendingPathComponent("missing")
        #expect(throws: FileError.inaccessible(path: missing.path, reason: "No such file or directory")) {
            try LineReader(missing)
        }
        #expect(throws: FileError.inaccessible(path: folder.url.path, reason: "is a folder, not a file")) {
            try LineReader(folder.url)
        }
    }

    @Test func gzipIsReadAndACutIsNoticed() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("ink.ndjson.gz")
        let ink = (0..<200).map { InkLine(id: "\($0)", strokes: TestInk.line(seed: UInt64($0))) }
        try JSONLines.write(ink, to: file)
        #expect(try lines(file).count == 200)
        let data = try Data(contentsOf: file)
        #expect(data.starts(with: [0x1f, 0x8b]))
        let cut = try folder.write("cut.gz", data.prefix(data.count / 2))
        #expect(throws: FileError.self) { try lines(cut) }
        do {
            _ = try lines(cut)
        } catch let error as FileError {
            guard case .damaged = error else { return #expect(Bool(false), "\(error)") }
        }
    }
}
