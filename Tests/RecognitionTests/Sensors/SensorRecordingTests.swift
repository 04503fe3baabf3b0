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

    private func table(_ text: String, rate: Double? = nil) throws -> SensorRecording {
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).csv")
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try SensorRecording.readCSV(url, rate: rate)
    }

    @Test func dialectsOfTablesAreRead() throws {
        let expected: [Float] = [0.5, -1.25, 3, 4]
        for text in [
            "\"x\",\"y\"\n0.5,-1.25\n3,4\n", "x;y\n0,5;-1,25\n3;4;\n", "x\ty\n0,5\t-1,25\n3\t4\n",
            "# made by hand\nx y\n0.5 -1.25\n3  4\n",
            "\u{feff}x,y\r\n0.5,-1.25\r\n3,4\r\n", "# x,y\n0.5,-1.25\n3,4\n", "% note\nx,y\n// more\n5e-1,-1.25\n3,4",
        ] {
            let table = try table(text, rate: 50)
            #expect(table.channels == ["x", "y"] && table.values == expected, "\(text)")
        }
        #expect(try table("x,y\nNA,n/a\n-,null\n", rate: 1).values.allSatisfy(\.isNaN))
    }

    @Test func labelsTimesAndDataSetsAreKnown() throws {
        let phyphox = try table("\"Time (s)\",\"Acceleration x (m/s^2)\"\n0.00,1\n0.02,2\n0.04,3\n0.5,4\n")
        #expect(phyphox.rate == 50 && phyphox.channels == ["Acceleration x (m/s^2)"] && phyphox.count == 4)
        let labelled = try table("timestamp,x,activity\n1000,1,WALK\n1010,2,WALK\n1020,3,\n1030,4,SIT\n")
        #expect(labelled.rate == 100)
        #expect(labelled.spans == [.init(first: 0, end: 2, name: "WALK"), .init(first: 3, end: 4, name: "SIT")])
        let wisdm = try table("33,Jogging,49105962326000,-0.69,12.68,0.5;\n33,Jogging,49106062271000,5.0,11.2,0.9;\n")
        #expect(
            wisdm.channels == ["x", "y", "z"] && wisdm.rate == 20 && wisdm.subject == "33" && wisdm.spans.count == 1)
        let pamap = try table((["8.38", "5", "NaN"] + [String](repeating: "1", count: 51)).joined(separator: " "))
        #expect(pamap.rate == 100 && pamap.channels.count == 52 && pamap.channels[2] == "hand_acc16_x")
        #expect(pamap.spans == [.init(first: 0, end: 1, name: "5")])
    }

    @Test func whatIsMissingIsSaid() throws {
        func message(_ text: String, rate: Double? = 50) -> String {
            do {
                _ = try table(text, rate: rate)
                return "none"
            } catch { return "\(error)" }
        }
        #expect(message("").contains("empty"))
        #expect(message("x,y\n").contains("empty"))
        #expect(message("x,y\n1,2\n", rate: nil).contains("--rate"))
        #expect(message("x,y\n1,2\n3,abc\n").contains("line 3") && message("x,y\n1,2\n3,abc\n").contains("'abc'"))
        #expect(message([String](repeating: "0.1", count: 128).joined(separator: " ")).contains("UCI HAR"))
    }

    @Test func channelsAreFoundByAnyOfTheirNames() throws {
        let recording = try table("Acc X [g],ACC_Y,acc z (m/s²)\n1,2,3\n4,5,6\n", rate: 50)
        #expect(ChannelName.index(of: "acc_x", among: recording.channels) == 0)
        #expect(ChannelName.index(of: "Acc Y", among: recording.channels) == 1)
        #expect(ChannelName.index(of: "gyro", among: recording.channels) == nil)
        let renamed = try recording.renamed([("z", "acc z"), ("x", "1")])
        #expect(renamed.channels == ["z", "x"] && renamed.values == [3, 1, 6, 4] && renamed.namesChannels)
        #expect(throws: SensorFileError.noChannel("w", among: recording.channels)) {
            try recording.renamed([("x", "w")])
        }
    }
}
