import DuctusDaemon
import Foundation
import Testing

/// Dashboard and alert rules name only metrics that exist, with labels that they have.
@Suite struct ObservabilityFilesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../systemd/observability").standardizedFileURL
    private static let known = Set(MetricCatalogue.allCases.flatMap(\.seriesNames))

    @Test(arguments: ["grafana-dashboard.json", "prometheus-alerts.yaml"])
    func everyMetricNamedThere_exists(file: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
        let names = Set(text.matches(of: /\b(ductus|process)_[a-z_]+/).map { String($0.output.0) })
        #expect(names.count > 8)
        #expect(names.subtracting(Self.known).isEmpty)
    }

    @Test func everyLabelGroupedByThere_isOneOfAMetric() throws {
        let labels = Set(MetricCatalogue.allCases.flatMap(\.labels) + ["instance", "le"])
        for file in ["grafana-dashboard.json", "prometheus-alerts.yaml"] {
            let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
            for match in text.matches(of: /by \(([a-z_, ]+)\)/) {
                let used = Set(match.output.1.split(separator: ",").map { String($0.drop { $0 == " " }) })
                #expect(used.subtracting(labels).isEmpty, "\(file): \(match.output.0)")
            }
        }
    }

    @Test func theDashboard_isJSON_andEveryPanelAsksForSomething() throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent("grafana-dashboard.json"))
        let board = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(board["panels"] as? [[String: Any]])
        #expect(panels.count >= 12)
        for panel in panels { #expect((panel["targets"] as? [Any])?.isEmpty == false) }
    }

    @Test func mostOfWhatTheDaemonTells_isOnTheDashboard() throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent("grafana-dashboard.json"), encoding: .utf8)
        let shown = MetricCatalogue.allCases.filter { metric in metric.seriesNames.contains { text.contains($0) } }
        #expect(shown.count * 3 >= MetricCatalogue.allCases.count * 2)
    }
}
