import DuctusWeb
import Foundation
import NIOHTTP1
import Testing

@Suite struct PadTests {
    private func files() async throws -> [String: String] {
        var files: [String: String] = [:]
        for route in PadRoutes.all {
            let response = await withCheckedContinuation { done in
                route.answer(WebRequest(method: .GET, uri: route.path)) { done.resume(returning: $0) }
            }
            files[route.path] = String(decoding: response.body, as: UTF8.self)
        }
        return files
    }

    @Test func itStaysSmall() async throws {
        var files = try await files()
        files["/index.html"] = nil
        #expect(files.values.reduce(0) { $0 + $1.utf8.count } < 60_000)
    }

    @Test func thePagesBesideThePad_haveOneHead() async throws {
        let files = try await files()
        let heads = try ["search", "status"].map { name in
            let page = try #require(files["/\(name).html"])
            return page.split(separator: "\n").prefix { $0 != "<main>" }
                .filter { !$0.hasPrefix("<title>") && !$0.contains("id=\"state\"") }
                .map { $0.replacing("\(name).js", with: "") }
        }
        #expect(heads[0] == heads[1])
    }

    /// A strict policy forbids it, and so does taste.
    @Test func nothingIsInline() async throws {
        for (path, text) in try await files() where path.hasSuffix(".html") || path == "/" {
            #expect(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick="), "\(path)")
            for part in text.components(separatedBy: "<script").dropFirst() {
                #expect(part.prefix { $0 != "\n" }.contains("src="), "\(path)")
            }
        }
    }

    @Test func whatItNeeds_isThere() async throws {
        let files = try await files()
        let worker = try #require(files["/sw.js"])
        for (path, text) in files {
            let imports = text.components(separatedBy: "from './").dropFirst().map { "/" + $0.prefix { $0 != "'" } }
            for needed in imports {
                #expect(files[needed] != nil, "\(path) needs \(needed)")
                #expect(worker.contains("'\(needed)'"), "\(needed) is not kept for when the daemon is away")
            }
        }
        let page = try #require(files["/"])
        let script = try #require(files["/pad.js"])
        for part in script.components(separatedBy: "element('").dropFirst() {
            let id = part.prefix { $0 != "'" }
            #expect(page.contains(#"id="\#(id)""#), "there is no element '\(id)'")
        }
    }
}
