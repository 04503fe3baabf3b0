import DuctusRecognition
import Foundation
import Testing

@Suite struct SensorRecordingTests {
    private func read(_ text: String) throws -> [SensorRecording] {
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).ndjson")
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try SensorRecording.read(url)
    }

    @Test func aRecordingIsReadWithWhatIsMissing() throws {
        let recordings = try read(
            """
            {"id":"a","subject":7,"rate":50,"channels":["x","y"],"frames":[[1,2],[null,4]],"labels":[[0,1,"WALK"]]}

            {"id":"b","subject":"eve","rate":8,"channels":["x"],"frames":[[1]],"text":"HI"}
            """)
        #expect(recordings.map(\.subject) == ["7", "eve"])
        #expect(recordings[0].count == 2 && recordings[0].values[2].isNaN && recordings[0].values[3] == 4)
        #expect(recordings[0].spans == [.init(first: 0, end: 1, name: "WALK")])
        #expect(recordings[1].text == "HI")
    }

    @Test(arguments: [
        "{", "[]", #"{"id":"a","subject":1,"rate":0,"channels":["x"],"frames":[]}"#,
        #"{"id":"a","subject":1,"rate":50,"channels":[],"frames":[]}"#,
        #"{"id":"a","subject":1,"rate":50,"channels":["x"],"frames":[[1,2]]}"#,
        #"{"id":"a","subject":1,"rate":50,"channels":["x"],"frames":[[1]],"labels":[[0,2,"A"]]}"#,
        #"{"id":"a","subject":1,"rate":50,"channels":["x"],"frames":[[1]],"labels":[[-1,1,"A"]]}"#,
    ])
    func badLinesAreNamed(_ line: String) {
        #expect(throws: SensorFileError.self) { try read(line) }
    }

    @Test func frameLabelsAreThoseOfTheirMiddleVector() {
        let recording = SensorRecording(
            id: "", subject: "", rate: 10, channels: ["x"], values: [Float](repeating: 0, count: 10),
            spans: [.init(first: 0, end: 4, name: "A"), .init(first: 7, end: 10, name: "B")])
        let configuration = VectorConfiguration(channels: ["x"], rate: 10, stack: 2)
        #expect(recording.frameLabels(configuration, names: ["A", "B"]) == [0, 0, -1, 1, 1])
        #expect(recording.frameLabels(configuration, names: ["B"]) == [-1, -1, -1, 0, 0])
        let slower = VectorConfiguration(channels: ["x"], rate: 5, stack: 1)
        #expect(recording.frameLabels(slower, names: ["A", "B"]).count == 5)
    }

    @Test func simulatedRecordingsAreTheSameForTheSameSeed() {
        var (a, b) = (SimulatedSensor(subject: "s", seed: 3), SimulatedSensor(subject: "s", seed: 3))
        let recording = a.recording(id: "r", seconds: 30)
        #expect(recording == b.recording(id: "r", seconds: 30))
        #expect(recording.count == 1500 && recording.spans.count > 4)
        #expect(
            zip(recording.spans, recording.spans.dropFirst()).allSatisfy { $0.end <= $1.first && $0.name != $1.name })
        #expect(recording != a.recording(id: "r", seconds: 30))
    }
}

@Suite struct SensorTableTests {
    private func read(_ text: String) throws -> SensorRecording {
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).csv")
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try SensorRecording.readCSV(url, rate: 25)
    }

    @Test func aTableNamesItsChannelsOrNot() throws {
        let named = try read("x, y\n1,2\n\n-3.5e1, 4\n")
        #expect(named.channels == ["x", "y"] && named.values == [1, 2, -35, 4] && named.rate == 25)
        let plain = try read("1,2,3\r\n4,5,6\r\n")
        #expect(plain.channels == ["channel_0", "channel_1", "channel_2"] && plain.count == 2)
    }

    @Test func emptyCellsAreMissing() throws {
        let values = try read("x,y\n,2\nnan,inf\n").values
        #expect(values.map(\.isNaN) == [true, false, true, true])
    }

    @Test(arguments: ["x,y\n1,2,3\n", "1,2\n3,four\n"])
    func linesThatAreNoVectorsAreNamed(_ text: String) {
        #expect(throws: SensorFileError.self) { try read(text) }
    }
}
