import ArgumentParser
import DuctusDrawing
import DuctusFoundations
import DuctusRecognition
import Foundation

extension UnitProbe.Property: ExpressibleByArgument {}

extension LanguageModelCommand {
    struct Probe: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Find the unit of a recurrent model that follows a property of the text, and draw the text in its colours."
        )

        @Option(help: "Recurrent language model file.")
        var model: String

        @Option(help: "What the unit is to follow.")
        var property: UnitProbe.Property = .quotation

        @Argument(help: "Text files (lines) or labelled lines (.ndjson, .ndjson.gz).")
        var texts: [String]

        @Option(help: "Look at so many lines.")
        var lines = 400

        @Option(help: "Draw so many of them.")
        var drawn = 30

        @Option(name: .shortAndLong, help: "SVG file to draw.")
        var out: String?

        @Flag(help: "Print one JSON object.")
        var json = false

        struct Report: Encodable {
            var property: String
            var unit: Int
            var correlation: Double
            var lines: Int
        }

        func validate() throws {
            guard lines > 0, drawn > 0 else { throw ValidationError("--lines and --drawn must be positive") }
        }

        func run() throws {
            let model = try RecurrentLanguageModel(contentsOf: URL(filePath: model))
            let all = try texts.flatMap(transcriptTexts)
            let probe = try UnitProbe(model, lines: Array(all.prefix(lines)), property: property)
            if let out {
                let shown = try UnitProbe(model, lines: Array(all.prefix(drawn)), property: property, unit: probe.unit)
                let title =
                    "Unit \(probe.unit) and \(property.rawValue): correlation "
                    + String(format: "%.2f", probe.correlation)
                try AtomicFile.put(Data(shown.drawing(title: title).svg().utf8), at: URL(filePath: out))
            }
            let report = Report(
                property: property.rawValue, unit: probe.unit, correlation: probe.correlation, lines: probe.lines.count)
            if json { return try printJSON(report) }
            print(
                "unit \(probe.unit) follows \(property.rawValue): correlation "
                    + String(format: "%.3f", probe.correlation))
        }
    }
}
