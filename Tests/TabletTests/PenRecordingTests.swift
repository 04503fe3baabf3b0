import DuctusInk
import DuctusTablet
import Foundation
import Testing

@Suite struct PenRecordingTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private func replay(_ url: URL) throws -> (pen: RecordedPen, actions: [PenAction]) {
        let pen = RecordedPen(try PenRecording(url))
        var actions: [PenAction] = []
        while let more = try pen.next() { actions += more }
        return (pen, actions)
    }

    @Test func evemuRecordingsAreRead() throws {
        let (pen, actions) = try replay(Self.folder.appending(path: "small.evemu"))
        #expect(pen.device.name == "Simulated Pen")
        #expect(pen.device.isPen)
        #expect(pen.device.axes[InputCode.y] == .init(minimum: 0, maximum: 10_000, resolution: 200))
        #expect(pen.device.keys == [InputCode.pen, InputCode.rubber, InputCode.touch])
        #expect(pen.device.resolution == 100)
        let contacts = actions.compactMap { action -> Bool? in
            if case .sample(_, let contact, _) = action { contact } else { nil }
        }
        #expect(contacts == [false, true, true, true, true, false, true, false])
        #expect(actions.filter { $0 == .proximityOut }.count == 2)
        #expect(pen.dirt.corner == 1 && pen.dirt.outOfRange == 1 && pen.dirt.backward == 1 && pen.dirt.lost == 0)
    }

    @Test func libinputRecordingsAreRead() throws {
        let (pen, actions) = try replay(Self.folder.appending(path: "small.libinput.yml"))
        #expect(pen.device.name == "Simulated Pen")
        #expect(pen.device.isPen && pen.device.resolution == 100)
        #expect(
            actions == [
                .sample(Sample(x: 500, y: 600, time: 0), contact: true, erasing: false),
                .sample(Sample(x: 510, y: 600, time: 7500), contact: true, erasing: false),
                .sample(Sample(x: 510, y: 600, time: 7500), contact: false, erasing: false),
                .proximityOut,
            ])
    }

    @Test(arguments: [
        "E: 1.0 0003", "E: 1.000000 0003 0000 99999999999", "A: 00 1 2", "Q: what", "{\"id\": 1", "B: 01 zz",
    ])
    func damagedLinesAreNamed(line: String) throws {
        let url = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "ductus-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try "# EVEMU 1.3\n\(line)\n".write(to: url, atomically: true, encoding: .utf8)
        let fault = #expect(throws: TabletFault.self) { try PenRecording(url) }
        guard case .recording(_, 2, _) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    private func recording(_ text: String) throws -> (pen: RecordedPen, actions: [PenAction]) {
        let url = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "ductus-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try text.write(to: url, atomically: true, encoding: .utf8)
        return try replay(url)
    }

    @Test func ofSeveralDevicesThePenCounts() throws {
        let pen = try String(contentsOf: Self.folder.appending(path: "small.libinput.yml"), encoding: .utf8)
        let mouse = """
            - node: /dev/input/event3
              evdev:
                name: "A Mouse"
                codes:
                  1: [272, 273] # BTN_LEFT
                  2: [0, 1]
              events:
              - evdev:
                - [  0,      0,   1, 272,       1]
                - [  0,      0,   0,   0,       0]

            """
        let place = try #require(pen.range(of: "- node:"))
        let alone = try recording(pen).actions
        let both = try recording(pen.replacingCharacters(in: place.lowerBound..<place.lowerBound, with: mouse))
        #expect(both.pen.device.name == "Simulated Pen" && both.actions == alone)
        #expect(try recording(pen + "\n" + mouse).actions == alone)
        let only = String(pen[..<place.lowerBound]) + mouse
        let fault = #expect(throws: TabletFault.self) { try recording(only) }
        guard case .noPenRecorded(_, ["'A Mouse'"]) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    @Test func theOutputOfEvtestIsNamed() {
        let fault = #expect(throws: TabletFault.self) {
            try recording("Input driver version is 1.0.1\nInput device ID: bus 0x3\n")
        }
        #expect("\(String(describing: fault))".contains("evemu-record"))
    }

    @Test func aMissingRecordingIsNamed() {
        #expect(throws: TabletFault.self) { try PenRecording(URL(filePath: "/nowhere/pen.evemu")) }
    }

    #if DUCTUS_DATA
        private static let pens = URL(filePath: ProcessInfo.processInfo.environment["DUCTUS_DATA"] ?? "")
            .appending(path: "pens")

        @Test func everyRealRecordingReplays() throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: Self.pens.path).filter {
                $0.hasSuffix(".gz")
            }
            try #require(names.count >= 3, "the recordings are not in \(Self.pens.path)")
            for name in names.sorted() { try replays(name) }
        }

        private func replays(_ name: String) throws {
            let (pen, actions) = try replay(Self.pens.appending(path: name))
            #expect(pen.device.area != nil, "\(name)")
            let samples = actions.compactMap { action -> (sample: Sample, contact: Bool)? in
                if case .sample(let sample, let contact, _) = action { (sample, contact) } else { nil }
            }
            #expect(samples.count > 100, "\(name)")
            #expect(zip(samples, samples.dropFirst()).allSatisfy { ($0.sample.time ?? 0) <= ($1.sample.time ?? 0) })
            #expect(samples.allSatisfy { (0...1).contains($0.sample.pressure ?? 0) })
            // These tablets were only hovered over.
            let hovering = ["Genius-EasyPen-i405X.events.gz", "Wacom-Intuos4-6x9.stylus-move.events.gz"]
            if !hovering.contains(name) { #expect(samples.contains { $0.contact }, "no stroke in \(name)") }
            // Honest reports are not thrown away.
            #expect(pen.dirt.total * 50 < samples.count, "\(pen.dirt)")
        }
    #endif
}
