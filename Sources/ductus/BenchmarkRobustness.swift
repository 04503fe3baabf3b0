import ArgumentParser
import DuctusDocuments
import DuctusInk
import DuctusRecognition
import Foundation
import Synchronization

struct BenchmarkRobustness: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "robustness",
        abstract: "Find how far the points of a line must move until it is read differently.",
        discussion: """
            The smallest movement that the model's own gradient finds, against random movements. Sizes are the largest movement of any \
            point in x or y, in per cent of the line's height.
            """)

    @Option(help: "Model folder or weight file. Default: models/english here, or the installed one.")
    var model: String?

    @Option(help: "Lines of ink, labelled or not.")
    var data: String

    @Option(help: "Use every so-manieth line, so that all writers have a part.")
    var every = 1

    @Option(help: "Look at so many lines.")
    var limit = 50

    @Option(help: "Threads.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Seed of the random movements.")
    var seed: UInt64 = 1

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var lines: Int
        /// Lines that no movement up to the largest turned.
        var unturned: Int
        // Quartiles of the gradient's movement over the lines, in units of the line's height.
        var size_25, size_50, size_75: Float
        /// Mean share of random movements of the same size that turn the reading.
        var random_share: Float
        /// Median size at which half of the random movements turn the reading.
        var random_size_50: Float
    }

    func validate() throws {
        guard every > 0, limit > 0 else { throw ValidationError("--every and --limit must be positive") }
    }

    func run() throws {
        let model = try Model(contentsOf: ModelOptions.location(of: model))
        let all = try InkFile.read(URL(filePath: data))
        let lines = stride(from: 0, to: all.count, by: every).prefix(limit).map { all[$0] }
        var study = RobustnessStudy()
        study.seed = seed
        let total = lines.count
        let bar = Mutex(ProgressBar(total: total))
        let found = try study.run(model, on: lines, threads: threads) { done in
            bar.withLock { $0.show(done, "\(done) of \(total) lines") }
        }
        Terminal.endStatus()
        guard !found.isEmpty else {
            throw CommandFailure("\(data): the model reads none of the \(total) lines as anything")
        }
        func quantile(_ values: [Float?], _ share: Double) -> Float {
            let sorted = values.map { $0 ?? .infinity }.sorted()
            return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
        }
        let sizes = found.map(\.size)
        func finite(_ value: Float) -> Float { value.isFinite ? value : study.largest }
        let report = Report(
            lines: found.count, unturned: sizes.count { $0 == nil }, size_25: finite(quantile(sizes, 0.25)),
            size_50: finite(quantile(sizes, 0.5)), size_75: finite(quantile(sizes, 0.75)),
            random_share: found.map(\.randomShare).reduce(0, +) / Float(found.count),
            random_size_50: finite(quantile(found.map(\.randomSize), 0.5)))
        if json { return try printJSON(report) }
        func share(_ size: Float) -> String {
            (size >= study.largest ? "over " : "") + String(format: "%.2f %%", 100 * size)
        }
        print(
            """
            \(report.lines) lines; \(report.unturned) of them are read alike up to \(percent(Double(study.largest))) of the height
            smallest movement by gradient  \(share(report.size_50))   (half of the lines: \(share(report.size_25)) to \(share(report.size_75)))
            random movements of that size  \(percent(Double(report.random_share))) of them turn the reading
            random movement, half turn     \(share(report.random_size_50))
            """)
        for line in found.prefix(5) where line.before != line.after { print("  \(line.before) → \(line.after)") }
    }
}
