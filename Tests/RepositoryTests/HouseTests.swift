import Foundation
import Testing

/// Rules of the house that hold for all files.
@Suite struct HouseTests {
    /// A file is about one thing. Data, and what tools write, may be longer.
    @Test func noFileIsLongerThanFourHundredLines() throws {
        let written = ["swift", "c", "h", "py", "js", "css", "html", "sh", "proto", "md"]
        let paths = try ["Sources", "Tests", "Benchmarks", "Examples", "clients", "docs", "integrations", "packaging"]
            .flatMap(Repository.files).filter { path in
                written.contains { path.hasSuffix("." + $0) } && !path.contains("/Generated/")
            }
        #expect(paths.count > 1000)
        for path in paths {
            let count = try Repository.lines(path).count
            #expect(count <= 400, "\(path) has \(count) lines")
        }
    }

    /// A new kind of input is a folder of its own: only few files outside these folders tell the kinds apart.
    @Test func fewFilesTellTheKindsOfInputApart() throws {
        let ownFolders = [
            "Sources/Streaming/Kinds/", "Sources/Adaptation/Kinds/", "Sources/Recognition/Ink/",
            "Sources/Recognition/Sensors/", "Sources/ductus/Pens/", "Sources/ductus/Sensors/", "Sources/Wire/",
        ]
        let mention = try Regex(#"\bcase (let )?\.?(ink|vectors|features)\b|[=!]= \.(ink|vectors|features)\b"#)
        let mentioning = try Repository.sources().filter { path in
            try !ownFolders.contains { path.hasPrefix($0) } && Repository.text(path).contains(mention)
        }
        #expect(mentioning.contains("Sources/Recognition/ModelInput.swift"))
        #expect(mentioning.count <= 8, "\(mentioning)")
    }

    /// An object is given what it works with when it is made, not later.
    @Test func nothingIsConnectedAfterwards() throws {
        let setter = try Regex(
            #"\bfunc (connect|attach|inject|set\w*(Handler|Delegate|Sink|Service))\(_? ?\w+: (@|any )"#)
        for path in try Repository.sources() {
            for (at, line) in try Repository.lines(path).enumerated() where line.contains("func ") {
                #expect(!line.contains(setter), "\(path):\(at + 1)")
            }
        }
    }

    /// A test that returns early passes without having looked: what it needs is required instead (`try #require`).
    @Test func noTestPassesSilently() throws {
        let silent = try Regex(#"\belse \{ return \}"#)
        for path in try Repository.files(in: "Tests") where path.hasSuffix(".swift") {
            for (at, line) in try Repository.lines(path).enumerated() where !path.hasSuffix("HouseTests.swift") {
                #expect(!line.contains(silent), "\(path):\(at + 1)")
            }
        }
    }

    /// A newcomer follows these paths.
    @Test func theArchitecturePageNamesFilesThatAreThere() throws {
        let files = try ["Sources", "Tests", "docs"].flatMap(Repository.files)
        let page = try Repository.text("docs/architecture.md")
        let named = page.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 && $0.element.hasSuffix(".swift") }.map(\.element)
        #expect(named.count > 40)
        for name in named {
            let found = files.filter { $0.hasSuffix("/" + name) }
            #expect(!found.isEmpty, "\(name) is not there")
            for path in found where !name.contains("+") {
                let type = try #require(name.split(separator: "/").last).dropLast(".swift".count)
                #expect(try firstDeclaration(path) == type, "\(path) does not begin with \(type)")
            }
        }
    }

    /// The words of the page are the code's.
    @Test func theArchitecturePagesTermsAreTypes() throws {
        let page = try Repository.text("docs/architecture.md")
        let glossary = try #require(page.split(separator: "## Words").last)
        let named = glossary.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { row in
            row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map(\.element)
        }
        #expect(named.count > 30)
        var types: Set<Substring> = []
        for path in try Repository.sources() {
            for line in try Repository.lines(path) where line.hasSuffix("{") {
                let words = line.split { !$0.isLetter && !$0.isNumber }
                for (keyword, name) in zip(words, words.dropFirst())
                where ["struct", "class", "enum", "protocol"].contains(keyword) {
                    types.insert(name)
                }
            }
        }
        for name in named { #expect(types.contains(name), "\(name) is no type") }
    }

    @Test func importsGoUpTheListOfRooms() throws {
        let page = try Repository.text("docs/architecture.md")
        let rows = try #require(page.split(separator: "## The way of a sample").first)
            .split(separator: "\n").filter { $0.hasPrefix("| `") && $0.split(separator: "|").count == 3 }
        var place: [Substring: Int] = [:]
        for (number, row) in rows.enumerated() {
            let names = row.split(separator: "|")[0].split(separator: "`").filter { $0.contains(/\w/) }
            for name in names { place[name.split(separator: "/").last ?? name] = number }
        }
        let module = /^(?:@\w+ )?import (C?)(?:Ductus)(\w+)/
        for path in try Repository.sources() {
            let folders = path.split(separator: "/").dropFirst()
            let room = try #require(folders.first == "Library" ? folders.dropFirst().first : folders.first)
            let own = try #require(place[room], "\(room) is no room of the page")
            for line in try Repository.lines(path) where line.hasPrefix("import ") || line.hasPrefix("@") {
                guard let match = line.prefixMatch(of: module) else { continue }
                let name = "\(match.1)\(match.2)"
                let other = try #require(place[name[...]] ?? place["Ductus\(name)"], "\(name) is no room of the page")
                #expect(other <= own, "\(path) imports \(name), which stands below it")
            }
        }
    }

    private func firstDeclaration(_ path: String) throws -> Substring? {
        let declaration =
            try Regex<(Substring, Substring)>(
                #"^(?:@\w+ )*(?:public |package )?(?:final |indirect )*(?:struct|class|enum|protocol|actor|extension) (\w+)"#
            ).anchorsMatchLineEndings()
        return try Repository.text(path).firstMatch(of: declaration).map { Substring($0.1) }
    }

    /// Comments name files by their paths from the root.
    @Test func theFilesThatCommentsNameAreThere() throws {
        let folders = ["Sources/", "Tests/", "Benchmarks/", "docs/"]
        let endings = [".swift", ".md", ".sh", ".py", ".svg"]
        var count = 0
        for file in try Repository.sources() {
            for line in try Repository.lines(file) where line.contains("//") && folders.contains(where: line.contains) {
                for word in line.split(whereSeparator: { " `(),;:\"".contains($0) })
                where folders.contains(where: word.hasPrefix) && endings.contains(where: word.hasSuffix) {
                    count += 1
                    let named = Repository.root.appending(path: String(word)).path
                    #expect(FileManager.default.fileExists(atPath: named), "\(file): \(word) is not there")
                }
            }
        }
        #expect(count > 10)
    }

    @Test func everyLinkBetweenPagesLeadsSomewhere() throws {
        let link = try Regex<(Substring, Substring)>(#"\]\(([^)#\s]+)(?:#[^)]*)?\)"#)
        let pages =
            ["README.md", "CONTRIBUTING.md"] + (try Repository.files(in: "docs")).filter { $0.hasSuffix(".md") }
        for page in pages {
            for match in try Repository.text(page).matches(of: link) where !match.1.contains("://") {
                let target = Repository.root.appending(path: page).deletingLastPathComponent()
                    .appending(path: String(match.1)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(page): \(match.1) is not there")
            }
        }
    }
}
