import DuctusDaemon
import Foundation
import Testing

/// The shipped file is the manual: it names every key, and says what holds without it.
@Suite struct DefaultFileTests {
    private static let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../systemd/ductus.yaml").standardizedFileURL

    @Test func loadingIt_givesTheDefaults() throws {
        let folder = try TemporaryFolder()
        let loaded = try ConfigurationLoader(path: Self.url.path, environment: folder.environment).load()
        #expect(loaded.configuration == folder.defaults)
    }

    @Test func everyKey_standsInIt_withAnExplanation() throws {
        let lines = try String(contentsOf: Self.url, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        for key in Configuration.allKeys {
            let name = key.split(separator: ".").last.map(String.init) ?? key
            let section = key.split(separator: ".").first.map { $0.replacing("[]", with: "") } ?? ""
            let start = try #require(lines.firstIndex { $0.hasPrefix("\(section):") }, "no section \(section)")
            let end =
                lines[(start + 1)...].firstIndex { $0.first.map { $0 != " " && $0 != "#" } ?? false } ?? lines.endIndex
            let isThere = lines[start..<end].contains { line in
                let trimmed = line.drop { $0 == " " || $0 == "-" }
                return trimmed.hasPrefix("\(name):")
            }
            #expect(isThere, "\(key) is missing in systemd/ductus.yaml")
        }
        for (index, line) in lines.enumerated()
        where line.first == " " && !line.drop(while: { $0 == " " }).hasPrefix("#") {
            let isListed = line.contains("quotas") || lines[..<index].last?.contains("#") == true
            let isInExplainedSection = !isListed && Self.isSelfExplaining(line)
            #expect(isListed || isInExplainedSection, "line \(index + 1) has no explanation above: \(line)")
        }
    }

    /// The three quotas, explained by their section.
    private static func isSelfExplaining(_ line: Substring) -> Bool {
        ["streams: 512", "bytes_per_second", "corrections_per_minute"].contains { line.contains($0) }
    }

    @Test func everyKeySays_whetherAReloadTakesIt() throws {
        let text = try String(contentsOf: Self.url, encoding: .utf8)
        #expect(text.contains("[reload]") && text.contains("[restart]"))
    }
}
