import DuctusFoundations
import Foundation
import Testing

@Suite struct AtomicFileTests {
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func write_replacesTheFile_andLeavesNothingBeside() throws {
        try inFolder { folder in
            let file = folder.appending(path: "weights")
            try AtomicFile.write(Data("old".utf8), to: file)
            try AtomicFile.write(Data("newer".utf8), to: file)
            #expect(try Data(contentsOf: file) == Data("newer".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["weights"])
        }
    }

    /// A device or a pipe is written to; a file in its place would be none.
    @Test func write_toWhatIsNoPlainFile_leavesItThere() throws {
        try inFolder { folder in
            let full = folder.appending(path: "full"), pipe = folder.appending(path: "pipe")
            try FileManager.default.createSymbolicLink(atPath: full.path, withDestinationPath: "/dev/full")
            #expect(throws: FileError.unwritable(path: full.path, reason: "No space left on device")) {
                try AtomicFile.put(Data("x".utf8), at: full)
            }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: full.path) == "/dev/full")
            #expect(AtomicFile.isSpecial(URL(filePath: "/dev/full")))

            try #require(mkfifo(pipe.path, 0o600) == 0)
            let reader = open(pipe.path, O_RDONLY | O_NONBLOCK)
            try #require(reader >= 0)
            defer { close(reader) }
            try AtomicFile.put(Data("through".utf8), at: pipe)
            var bytes = [UInt8](repeating: 0, count: 32)
            #expect(read(reader, &bytes, bytes.count) == 7 && AtomicFile.isSpecial(pipe))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["full", "pipe"])
        }
    }

    @Test func write_thatFails_namesTheCall_andKeepsWhatWasThere() throws {
        try inFolder { folder in
            let missing = folder.appending(path: "no/such/folder/file")
            let failure = try #require(throws: AtomicFile.Failure.self) {
                try AtomicFile.write(Data("x".utf8), to: missing)
            }
            #expect(failure.code == ENOENT && failure.description.contains("No such file"))
            // A folder cannot be replaced by a file: the temporary file goes again.
            let taken = folder.appending(path: "taken")
            try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: true)
            #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write(Data("x".utf8), to: taken) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
        }
    }
}
