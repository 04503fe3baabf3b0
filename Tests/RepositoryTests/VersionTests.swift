import Testing

/// The version stands in `Release.version`; files that no build writes repeat it.
@Suite struct VersionTests {
    @Test func everyFileTellsTheSameVersion() throws {
        let release = try Repository.text("Sources/Daemon/Server/Release.swift")
        let version = try #require(release.firstMatch(of: /static let version = "([0-9.]+)"/)?.1, "Release.version")
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
