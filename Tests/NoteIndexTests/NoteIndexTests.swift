import DuctusNoteIndex
import Foundation
import Testing

@Suite struct NoteIndexTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ductus-index-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func line(_ text: String, alternatives: String = "") -> IndexedLine {
        IndexedLine(page: 1, number: 1, text: text, alternatives: alternatives, confidence: 0.9, box: [1, 2, 3, 4])
    }

    private func state(_ content: String, generation: String = "g") -> NoteState {
        NoteState(size: content.utf8.count, modified: 1, content: Data(content.utf8), generation: generation)
    }

    private func withIndex(_ body: (NoteIndex) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(NoteIndex(folder.appending(path: "sub/notes.sqlite")))
    }

    @Test func wordsTheirBeginningsAndOtherReadingsAreFound() throws {
        try withIndex { index in
            try index.store(
                "/n/a", state("a"), lines: [line("Müller writes to Anna"), line("milk", alternatives: "mild silk")])
            #expect(try index.search(["muller", "ANN"]).map(\.path) == ["/n/a"])
            #expect(try index.search(["silk"]).map(\.isCertain) == [false])
            #expect(try index.search(["milk"]).map(\.isCertain) == [true])
            #expect(try index.search(["milk", "Anna"]).isEmpty)
            #expect(try index.search(["\"OR NEAR(", "*"]).isEmpty)
            #expect(try index.search(["milk"])[0].box == [1, 2, 3, 4])
        }
    }

    @Test func aNoteIsReplacedCopiedAndForgotten() throws {
        try withIndex { index in
            try index.store("/n/a", state("one"), lines: [line("first")])
            try index.store("/n/a", state("two"), lines: [line("second")])
            #expect(try index.search(["first"]).isEmpty && index.search(["second"]).count == 1)
            #expect(try index.copy(to: "/n/b", state("two")))
            #expect(try !index.copy(to: "/n/c", state("two", generation: "newer")))
            #expect(try index.search(["second"]).map(\.path).sorted() == ["/n/a", "/n/b"])
            try index.remove(["/n/a"])
            #expect(try index.search(["second"]).map(\.path) == ["/n/b"])
            #expect(try index.notes(below: "/n/").keys.sorted() == ["/n/b"])
            #expect(try index.notes(below: "/m/").isEmpty)
            #expect(try index.counts() == (1, 1))
        }
    }

    @Test func changesOfAFolderAreNoticed() throws {
        try withIndex { index in
            let notes = folder.appending(path: "notes")
            try FileManager.default.createDirectory(
                at: notes.appending(path: "deep"), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: notes.appending(path: "deep/a"))
            try Data("x".utf8).write(to: notes.appending(path: ".hidden"))
            let tree = NoteFolder(notes)
            let found = try tree.changes(from: index, generation: "g")
            #expect(found.changed.map { URL(filePath: $0.path).lastPathComponent } == ["a"])
            let file = try #require(found.changed.first)
            try index.store(
                file.path, NoteState(size: file.size, modified: file.modified, content: Data(), generation: "g"),
                lines: [])
            #expect(try tree.changes(from: index, generation: "g").changed.isEmpty)
            #expect(try tree.changes(from: index, generation: "h").changed.count == 1)
            try FileManager.default.removeItem(at: notes.appending(path: "deep/a"))
            #expect(try tree.changes(from: index, generation: "g").gone == [file.path])
        }
    }

    @Test func aWatchWakesForAFileInANewFolder() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let watch = try FolderWatch(NoteFolder(folder))
        #expect(!watch.wait(milliseconds: 0))
        try FileManager.default.createDirectory(at: folder.appending(path: "new"), withIntermediateDirectories: true)
        #expect(watch.wait(milliseconds: 10_000))
        try Data("x".utf8).write(to: folder.appending(path: "new/a"))
        #expect(watch.wait(milliseconds: 10_000))
    }

    @Test func whoSearchesMakesNothing() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "sub/notes.sqlite")
        #expect(throws: NoteIndexFault.absent(path: file.path)) { try NoteIndex(reading: file) }
        #expect(!FileManager.default.fileExists(atPath: file.path))
        let other = folder.appending(path: "other.sqlite")
        try Data().write(to: other)
        #expect(throws: NoteIndexFault.self) { try NoteIndex(reading: other) }
        #expect(try Data(contentsOf: other).isEmpty)
    }

    @Test func aSearchSeesWhatAnotherProcessWrites() throws {
        try withIndex { index in
            let reader = try NoteIndex(reading: folder.appending(path: "sub/notes.sqlite"))
            #expect(try reader.search(["milk"]).isEmpty)
            try index.store("/n/a", state("a"), lines: [line("milk")])
            #expect(try reader.search(["milk"]).map(\.path) == ["/n/a"])
            #expect(try reader.line(1, page: 1, of: "/n/a")?.text == "milk")
            #expect(try reader.line(2, page: 1, of: "/n/a") == nil)
            #expect(throws: (any Error).self) { try reader.remove(["/n/a"]) }
        }
    }

    @Test func theUsualPlaceIsTheUsersDataFolder() {
        #expect(NoteIndex.usualLocation(environment: ["HOME": "/h"])?.path == "/h/.local/share/ductus/notes.sqlite")
        #expect(
            NoteIndex.usualLocation(environment: ["HOME": "/h", "XDG_DATA_HOME": "/d"])?.path
                == "/d/ductus/notes.sqlite")
        #expect(NoteIndex.usualLocation(environment: ["XDG_DATA_HOME": "relative"]) == nil)
    }

    @Test func aHitIsDrawnWithItsLineMarked() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let note = folder.appending(path: "note.ndjson")
        try Data(
            (#"{"id":"1","strokes":[[[0,10],[0,10]]]}"# + "\n" + #"{"id":"2","strokes":[[[0,100],[0,50]]]}"# + "\n")
                .utf8
        ).write(to: note)
        func hit(page: Int) -> NoteHit {
            NoteHit(
                path: note.path, page: page, line: 1, text: "x", alternatives: "", confidence: 1, box: [0, 0, 100, 50],
                isCertain: true)
        }
        let picture = try NotePicture(of: hit(page: 2))
        #expect(picture.page.ink.id == "2")
        let svg = picture.drawing.svg()
        #expect(svg.contains("<polygon fill=\"#ffec96\""))
        #expect(svg.components(separatedBy: "<path").count == 2)
        #expect(throws: NotePictureFault.gone(path: note.path, page: 3)) { try NotePicture(of: hit(page: 3)) }
    }

    @Test func aFileThatIsNoIndexIsNamed() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "x.sqlite")
        try Data(repeating: 7, count: 5000).write(to: file)
        let fault = #expect(throws: NoteIndexFault.self) { try NoteIndex(file) }
        #expect("\(String(describing: fault))".contains("x.sqlite"))
    }
}
