import Testing

/// The version stands in `Server.version`; files that no build writes repeat it.
@Suite struct VersionTests {
    @Test func everyFileTellsTheSameVersion() throws {
        let server = try Repository.text("Sources/Daemon/Server/Server.swift")
        let version = try #require(server.firstMatch(of: /static let version = "([0-9.]+)"/)?.1, "Server.version")
        for (file, place) in [
            ("Sources/Library/Ductus/Ductus.docc/Ductus.md", "from: \"\(version)\""),
            ("packaging/cell/kubernetes.yaml", "/ductus:\(version)\n"),
            ("clients/python/pyproject.toml", "version = \"\(version)\""),
            ("CHANGELOG.md", "\n## \(version)\n"),
        ] {
            #expect(try Repository.text(file).contains(place), "\(file) lacks \(place)")
        }
    }
}
