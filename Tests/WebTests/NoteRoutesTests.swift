import DuctusNoteIndex
import DuctusTransport
import DuctusWeb
import Foundation
import NIOHTTP1
import Testing

@Suite struct NoteRoutesTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ductus-notes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func get(
        _ uri: String, _ routes: NoteRoutes, as peer: PeerIdentity = .localUser(1000)
    ) async throws -> (status: Int, text: String) {
        let route = try WebRoutes(routes.all).route(.GET, String(uri.prefix { $0 != "?" }))
        let response = await withCheckedContinuation { done in
            route.answer(WebRequest(method: .GET, uri: uri, peer: peer)) { done.resume(returning: $0) }
        }
        return (Int(response.status.code), String(decoding: response.body, as: UTF8.self))
    }

    /// A note with a line, indexed.
    private func routes(_ note: URL) throws -> NoteRoutes {
        let index = folder.appending(path: "notes.sqlite")
        try Data(#"{"id":"1","strokes":[[[0,100],[0,50]]]}"#.utf8).write(to: note)
        try NoteIndex(index).store(
            note.path, NoteState(size: 1, modified: 1, content: Data(), generation: "g"),
            lines: [
                IndexedLine(
                    page: 1, number: 1, text: "milk and eggs", alternatives: "mild", confidence: 0.5,
                    box: [0, 0, 100, 50])
            ])
        return NoteRoutes(index: index, owner: .localUser(1000))
    }

    @Test func wordsAreFound_andTheirPageIsDrawn() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let note = folder.appending(path: "a b.ndjson")
        let routes = try routes(note)
        let found = try await get("/v1/notes?words=egg+milk", routes)
        #expect(found.status == 200)
        #expect(found.text.contains(#""text":"milk and eggs","alternatives":"mild","confidence":0.5,"certain":true"#))
        #expect(try await get("/v1/notes?words=mild", routes).text.contains(#""certain":false"#))
        #expect(try await get("/v1/notes?words=nothing", routes).text == #"{"hits":[]}"#)
        let file = try #require(note.path.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let page = try await get("/v1/notes/page?file=\(file)&page=1&line=1", routes)
        #expect(page.status == 200)
        #expect(page.text.contains("<polygon"))
    }

    @Test func onlyWhatTheIndexKnows_isDrawn() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let note = folder.appending(path: "a.ndjson")
        let routes = try routes(note)
        #expect(try await get("/v1/notes/page?file=/etc/passwd&page=1&line=1", routes).status == 404)
        #expect(try await get("/v1/notes/page?file=\(note.path)&page=1&line=2", routes).status == 404)
        try FileManager.default.removeItem(at: note)
        #expect(try await get("/v1/notes/page?file=\(note.path)&page=1&line=1", routes).status == 404)
    }

    @Test func onlyTheOwnerFinds() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let routes = try routes(folder.appending(path: "a.ndjson"))
        for peer in [PeerIdentity.token("desk"), .localUser(1001), .unknown] {
            let answer = try await get("/v1/notes?words=milk", routes, as: peer)
            #expect(answer.status == 403)
            #expect(!answer.text.contains("eggs"))
        }
    }

    @Test func whatIsWrongIsSaid() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let absent = NoteRoutes(index: folder.appending(path: "x.sqlite"), owner: .localUser(1000))
        let answer = try await get("/v1/notes?words=a", absent)
        #expect(answer.status == 404)
        #expect(answer.text.contains("ductus index FOLDER"))
        #expect(try await get("/v1/notes?words=a", NoteRoutes(index: nil, owner: .localUser(1000))).status == 404)
        let routes = try routes(folder.appending(path: "a.ndjson"))
        #expect(try await get("/v1/notes?words=%22*", routes).status == 400)
        #expect(try await get("/v1/notes", routes).status == 400)
        #expect(try await get("/v1/notes?words=a&limit=201", routes).status == 400)
        #expect(try await get("/v1/notes?words=a&limit=x", routes).status == 400)
        #expect(try await get("/v1/notes?word=a", routes).status == 400)
    }
}
