import DuctusRecognition
import Foundation
import Testing

/// The committed fixtures of sensors. `make fixtures` writes them anew, for another model or after a change of the scenes.
@Suite(.serialized) struct SensorFixtureFilesTests {
    @Test(arguments: SensorScene.all)
    func recordingIsWhatTheSceneMakes(_ scene: SensorScene) throws {
        let made = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).fixture")
        defer { try? FileManager.default.removeItem(at: made) }
        try scene.write(to: made)
        let bytes = try Data(contentsOf: made)
        if FixtureFolder.isWriting { try bytes.write(to: FixtureFolder.recording(scene.name)) }
        let isSame = try Data(contentsOf: FixtureFolder.recording(scene.name)) == bytes
        #expect(isSame, "\(scene.name).fixture is another than the scene makes: run make fixtures")
    }

    @Test(arguments: SensorScene.all)
    func expectedFinalsAreWhatEachStreamGivesAlone(_ scene: SensorScene) throws {
        let lines = try scene.expectation()
        let file = FixtureFolder.expectation(scene.name)
        if FixtureFolder.isWriting { try lines.write(to: file, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: file, encoding: .utf8) == lines, "run make fixtures if a model is a new one")
    }

    /// Fixtures are there to be read by people, too: what is expected is near to what the sensors did.
    @Test func simulatedMovementsAreRecognized() throws {
        var errors = 0, movements = 0
        for scene in SensorScene.all {
            let events = try scene.aloneEvents()
            for stream in Set(scene.segments.map(\.stream)) {
                let finals = (events[stream] ?? []).filter { $0.state == .final }
                let segments = scene.segments.filter { $0.stream == stream }
                #expect(finals.count == segments.count)
                for (final, segment) in zip(finals, segments) where segment.gaps.isEmpty {
                    let read =
                        SensorPipeline.reading(stream) == .spelling
                        ? final.text.map(String.init) : final.text.split(separator: " ").map(String.init)
                    let meant = segment.movements.map {
                        SensorPipeline.reading(stream) == .spelling ? $0.figure : $0.rawValue
                    }
                    errors += EditDistance.between(meant, read.filter { $0 != "unknown" })
                    movements += meant.count
                }
            }
        }
        #expect(
            movements >= 10 && Double(errors) <= 0.2 * Double(movements), "\(errors) errors in \(movements) movements")
    }
}
