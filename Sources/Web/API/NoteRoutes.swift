import DuctusDrawing
import DuctusFoundations
import DuctusNoteIndex
import DuctusTransport
import Foundation
import Synchronization

/// `GET /v1/notes`: lines of the owner's notes in which words are; `GET /v1/notes/page`: a page with such a line marked, as SVG.
///
/// Pages are served from the index, so that no other file can be asked for. Notes are private: only the daemon's own
/// user finds them, not the clients of the allow-list.
package struct NoteRoutes: Sendable {
    private let desk: NoteDesk
    private let owner: PeerIdentity

    /// - Parameters:
    ///   - index: the file of the index; nil: there is none, and requests are told so.
    ///   - owner: the user whose notes these are.
    package init(index: URL?, owner: PeerIdentity) {
        desk = NoteDesk(index: index)
        self.owner = owner
    }

    /// Lines that one search gives at most.
    private static let mostHits = 200

    package var all: [WebRoute] {
        [
            route("/v1/notes") { index, request throws(Problem) in
                let query = try Query(request, ["words", "limit"])
                let words = query["words"].split(separator: " ").map(String.init)
                guard words.contains(where: { $0.contains { $0.isLetter || $0.isNumber } }) else {
                    throw Problem(.badRequest, "argument", "there is no word to look for", remedy: "add ?words=WORDS")
                }
                let limit: Int = try query.number("limit")
                guard (0...Self.mostHits).contains(limit) else {
                    throw Problem(
                        .badRequest, "argument", "limit is not between 1 and \(Self.mostHits)", remedy: "ask for fewer")
                }
                return try Self.known { .json(Self.json(try index.search(words, limit: limit == 0 ? 50 : limit))) }
            },
            route("/v1/notes/page") { index, request throws(Problem) in
                let query = try Query(request, ["file", "page", "line"])
                let (page, line): (Int, Int) = (try query.number("page"), try query.number("line"))
                return try Self.known {
                    guard let hit = try index.line(line, page: page, of: query["file"]) else {
                        throw Problem(
                            .notFound, "unknown", "the index knows no such line",
                            remedy: "search again: the note may have been read anew")
                    }
                    return WebResponse(
                        type: "image/svg+xml", body: Array(try NotePicture(of: hit).drawing.svg().utf8))
                }
            },
        ]
    }

    private func route(
        _ path: String, _ answer: @escaping @Sendable (NoteIndex, WebRequest) throws(Problem) -> WebResponse
    ) -> WebRoute {
        WebRoute(.GET, path, .token) { [desk, owner] request, reply in
            guard request.peer == owner else {
                return reply(
                    Problem(
                        .forbidden, "right", "notes are shown to the daemon's own user alone",
                        remedy: "use the token of its start, as 'ductus pad --print' shows it"
                    ).response)
            }
            desk.answer(request, answer, reply)
        }
    }

    /// - Throws: `Problem` for what is wrong with the index or a note.
    private static func known(_ body: () throws -> WebResponse) throws(Problem) -> WebResponse {
        do {
            return try body()
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.notFound, "note", "\(error)", remedy: "index the folder again: ductus index FOLDER")
        }
    }

    private static func json(_ hits: [NoteHit]) -> String {
        var json = JSONWriter()
        json.object {
            $0.name("hits")
            $0.array {
                for hit in hits {
                    $0.object {
                        $0.member("file", hit.path)
                        $0.member("page", hit.page)
                        $0.member("line", hit.line)
                        $0.member("text", hit.text)
                        $0.member("alternatives", hit.alternatives)
                        $0.member("confidence", Float(hit.confidence))
                        $0.member("certain", hit.isCertain)
                    }
                }
            }
        }
        return json.text
    }
}

/// Answers about notes one after the other, beside the server's own thread: files and databases may keep one waiting.
private final class NoteDesk: Sendable {
    private let index: URL?
    private let queue = DispatchQueue(label: "ductus.notes", qos: .utility)
    private let waiting = Mutex(0)
    /// Requests that may wait.
    private static let most = 32

    init(index: URL?) {
        self.index = index
    }

    func answer(
        _ request: WebRequest, _ answer: @escaping @Sendable (NoteIndex, WebRequest) throws(Problem) -> WebResponse,
        _ reply: @escaping WebRoute.Reply
    ) {
        let isTaken = waiting.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
        guard isTaken else {
            return reply(
                Problem(.tooManyRequests, "quota", "\(Self.most) searches wait", remedy: "ask again later").response)
        }
        queue.async { [self] in
            defer { waiting.withLock { $0 -= 1 } }
            do throws(Problem) {
                reply(try answer(try opened(), request))
            } catch {
                reply(error.response)
            }
        }
    }

    /// The index as it is now: it may be made, or replaced, at any time.
    private func opened() throws(Problem) -> NoteIndex {
        guard let index else {
            throw Problem(
                .notFound, "index", "the daemon looks for no notes", remedy: "name their index in http.notes")
        }
        do {
            return try NoteIndex(reading: index)
        } catch {
            throw Problem(
                .notFound, "index", "\(error)",
                remedy: "run 'ductus index FOLDER' as the daemon's user, or name the index in http.notes")
        }
    }
}
