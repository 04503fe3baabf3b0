import DuctusRecognition
import DuctusWire
import Foundation
import Testing

/// The committed fixtures. `make fixtures` writes them anew, for another model or after a change of the scenes.
@Suite(.serialized) struct FixtureFilesTests {
    private static let largest = 100 << 10

    @Test(arguments: Scene.all)
    func recordingIsWhatTheSceneMakes(_ scene: Scene) throws {
        let made = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).fixture")
        defer { try? FileManager.default.removeItem(at: made) }
        try scene.write(to: made)
        let bytes = try Data(contentsOf: made)
        #expect(bytes.count < Self.largest)
        if FixtureFolder.isWriting { try bytes.write(to: FixtureFolder.recording(scene.name)) }
        let isSame = try Data(contentsOf: FixtureFolder.recording(scene.name)) == bytes
        #expect(isSame, "\(scene.name).fixture is another than the scene makes: run make fixtures")
    }

    @Test(.enabled(if: FixtureFolder.model != nil, "there is no models/english"), arguments: Scene.all)
    func expectedFinalsAreWhatTheModelReads(_ scene: Scene) throws {
        let lines = scene.expectation(try #require(Readings.all[scene.name]))
        let file = FixtureFolder.expectation(scene.name)
        if FixtureFolder.isWriting { try lines.write(to: file, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: file, encoding: .utf8) == lines, "run make fixtures if the model is a new one")
    }

    @Test func nothingElseLiesThere() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: FixtureFolder.url.path)
        let names = Scene.all.map(\.name) + SensorScene.all.map(\.name)
        let known = Set(names.flatMap { ["\($0).fixture", "\($0).expected"] } + ["README.md", "ink"])
        #expect(files.filter { !known.contains($0) && !$0.hasPrefix(".") }.isEmpty)
    }

    /// Fixtures are there to be read by people, too: what is expected is near to what was written.
    @Test(.enabled(if: FixtureFolder.model != nil, "there is no models/english"))
    func simulatedPensAreReadable() throws {
        var errors = 0, characters = 0
        for scene in Scene.all where !["maximum", "gaps", "dirty"].contains(scene.name) {
            for (segment, reading) in zip(scene.segments, try #require(Readings.all[scene.name])) {
                errors += EditDistance.between(Array(segment.text), Array(reading.text))
                characters += segment.text.count
            }
        }
        #expect(Double(errors) <= 0.15 * Double(characters), "\(errors) errors in \(characters) characters")
    }
}
