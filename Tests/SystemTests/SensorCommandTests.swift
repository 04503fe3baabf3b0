import DuctusRecognition
import DuctusStreaming
import Foundation
import ProgramTestSupport
import Testing

/// The commands for sensors, as a user calls them.
@Suite struct SensorCommandTests {
    private func ductus(_ arguments: String...) throws -> (status: Int32, output: String) {
        try ChildProgram.ductus(arguments).finish()
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func simulated(_ folder: URL, name: String, seconds: Int) throws -> URL {
        let file = folder.appending(path: name)
        let made = try ductus(
            "simulate", "--recordings", "3", "--seconds", "\(seconds)", "--seed", "77", "--out", file.path)
        #expect(made.status == 0, "\(made.output)")
        return file
    }

    /// What stands in the line of JSON, beside which a daemon that is late may complain on standard error.
    private func figures(_ output: String) throws -> [String: Double] {
        let line = try #require(output.split(separator: "\n").last { $0.hasPrefix("{") }, "\(output)")
        return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double], "\(output)")
    }

    @Test(arguments: ["exact", "streaming"])
    func evaluateMeasuresLabelsOfFrames(mode: String) throws {
        try withFolder { folder in
            let file = try simulated(folder, name: "movement.ndjson.gz", seconds: 40)
            let confusion = folder.appending(path: "confusion.svg")
            let lookahead = mode == "streaming" ? ["--lookahead", "10"] : []
            let (status, output) = try ChildProgram.ductus(
                [
                    "evaluate", "--model", SensorPipeline.movement.model.path, "--data", file.path, "--mode", mode,
                    "--json",
                ]
                    + ["--confusion", confusion.path] + lookahead
            ).finish()
            #expect(status == 0, "\(output)")
            let figures = try figures(output)
            #expect(figures["recordings"] == 3 && (figures["frames"] ?? 0) > 900)
            for rate in ["accuracy", "macro_f1"] { #expect((0.85...1).contains(figures[rate] ?? 0), "\(rate)") }
            #expect((0...0.3).contains(figures["segment_error"] ?? 1) && (0...0.1).contains(figures["ece"] ?? 1))
            #expect((figures["exact_accuracy"] != nil) == (mode == "streaming"))
            #expect(try String(contentsOf: confusion, encoding: .utf8).contains("SHAKE"))
        }
    }

    @Test(arguments: ["exact", "streaming"])
    func evaluateMeasuresTranscripts(mode: String) throws {
        try withFolder { folder in
            let file = try simulated(folder, name: "spelling.ndjson", seconds: 20)
            let (status, output) = try ductus(
                "evaluate", "--model", SensorPipeline.spelling.model.path, "--data", file.path, "--mode", mode,
                "--decoder", "best-path",
                "--json")
            #expect(status == 0, "\(output)")
            let figures = try figures(output)
            #expect((figures["characters"] ?? 0) >= 9 && (figures["cer"] ?? 1) < 0.4)
            #expect((figures["exact_cer"] != nil) == (mode == "streaming"))
        }
    }

    @Test func evaluateNamesTheChannelsThatAreMissing() throws {
        try withFolder { folder in
            let file = folder.appending(path: "other.ndjson")
            let recording = SensorRecording(
                id: "other", subject: "s", rate: 50, channels: ["x", "y", "heat"],
                values: [Float](repeating: 0, count: 300))
            try SensorRecording.write([recording], to: file)
            let (status, output) = try ductus(
                "evaluate", "--model", SensorPipeline.movement.model.path, "--data", file.path)
            #expect(status != 0 && output.contains("recording other: it lacks z"), "\(output)")
        }
    }

    /// Many sensors at a real daemon: none is labelled other than alone.
    @Test func benchmarkFindsEveryStreamLabelledAsAlone() throws {
        let (status, output) = try ductus(
            "benchmark", "sensors", "--streams", "40", "--seconds", "4", "--model", SensorPipeline.movement.model.path,
            "--json")
        #expect(status == 0, "\(output)")
        let figures = try figures(output)
        #expect(figures["finals"] == 40 && figures["wrong"] == 0 && figures["missing"] == 0)
        #expect((figures["events"] ?? 0) > 0 && figures["lookahead_ms"] == 1000)
    }

    /// A table with its channels in another order gives the spans that the recording gives alone.
    @Test(arguments: ["csv", "ndjson"])
    func feedPrintsTheLabelsOfAFile(kind: String) throws {
        let scene = try #require(SensorScene.all.first { $0.name == "movement" })
        let stream = try #require(scene.segments.first?.stream)
        var sensor = SimulatedSensor(subject: stream.text, seed: 101)
        var recording = sensor.recording(id: "fed", seconds: 18)
        let turned = ["y", "z", "x"]
        recording.values = ChannelOrder(of: turned, among: recording.channels).arrange(recording.values)
        recording.channels = turned
        let alone = try #require(try scene.aloneEvents()[stream])
        let expected = alone.flatMap { $0.spans.filter { $0.state == .final } }.map(\.name)

        let daemon = try DaemonUnderTest(sensors: [.movement], readsInk: false)
        let file = URL(filePath: daemon.folder).appending(path: "fed.\(kind)")
        if kind == "csv" {
            let rows = (0..<recording.count).map { row in
                recording.values[(row * 3)..<(row * 3 + 3)].map { "\($0)" }.joined(separator: ",")
            }
            try ([turned.joined(separator: ",")] + rows).joined(separator: "\n").write(
                to: file, atomically: true, encoding: .utf8)
        } else {
            try SensorRecording.write([recording], to: file)
        }
        let rate = kind == "csv" ? ["--rate", "50"] : []
        let (status, output) = try ChildProgram.ductus(
            [
                "feed", file.path, "--stream", "movement-fed", "--speed", "max", "--patience", "20", "--connect",
                daemon.folder,
            ] + rate
        ).finish()
        #expect(status == 0, "\(output)")
        let lines = output.split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(lines.allSatisfy { $0.count == 4 })
        #expect(lines.compactMap { $0.count == 4 ? String($0[2]) : nil } == expected)
        #expect(lines.first?.first == "0.00")
    }
}
