import DuctusStreaming
import DuctusWire
import Foundation
import Testing

/// Sensors, replayed to the real daemon.
@Suite struct SensorReplayTests {
    /// What an event says, without its numbers and stamps.
    private struct Said: Equatable {
        var text: String
        var ending: LabelEvent.Ending?
        var gaps: LabelEvent.Gaps
        var sampleCount: Int

        init(_ event: LabelEvent) {
            (text, ending, gaps, sampleCount) = (event.text, event.ending, event.gaps, event.sampleCount)
        }
    }

    /// The spans that became final, in order.
    private func spans(_ events: [LabelEvent]) -> [String] {
        events.flatMap { $0.spans.filter { $0.state == .final } }
            .map { "\($0.name) \($0.frames) \($0.time.map { "\($0)" } ?? "") \($0.confidence)" }
    }

    private func replay(_ scenes: [SensorScene], to daemon: DaemonUnderTest, with ink: [Scene] = []) throws -> Listener
    {
        let listener = try Listener(daemon)
        let player = try Player(daemon)
        let records = (scenes.flatMap(\.records) + ink.flatMap(\.records)).enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        try player.play(records)
        let awaited = scenes.reduce(0) { $0 + $1.segments.count } + ink.reduce(0) { $0 + $1.segments.count }
        let areAllThere = try listener.listen { $0.finals.count >= awaited }
        #expect(areAllThere, "\(listener.finals.count) of \(awaited) finals")
        return listener
    }

    private func compare(_ listener: Listener, with scenes: [SensorScene]) throws {
        for scene in scenes {
            for (stream, alone) in try scene.aloneEvents() {
                let events = listener.events.filter { $0.stream == stream }
                let finals = events.filter { $0.state == .final }
                #expect(finals.map(Said.init) == alone.filter { $0.state == .final }.map(Said.init), "\(stream)")
                #expect(spans(events) == spans(alone), "\(stream)")
                let segments = scene.segments.filter { $0.stream == stream }
                #expect(finals.map(\.gaps) == segments.map(\.gaps), "\(stream)")
                #expect(finals.map(\.sampleCount) == segments.map { $0.sampleCount }, "\(stream)")
            }
        }
    }

    @Test(arguments: [1, 2])
    func allAtOnceEachIsReadAsIfAlone(lanes: Int) throws {
        let daemon = try DaemonUnderTest(lanes: lanes, sensors: SensorPipeline.allCases)
        // A replay leaves nothing behind that the next one could notice.
        for _ in 1...2 { try compare(replay(SensorScene.all, to: daemon), with: SensorScene.all) }
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// One daemon with a pipeline for ink and two for sensors says of each what a daemon says that has this pipeline alone.
    @Test(arguments: [1, 2])
    func inkAndTwoSensorPipelinesDisturbEachOtherInNothing(lanes: Int) throws {
        let ink = Scene.all.filter { ["interleaved", "gaps", "explicit-end"].contains($0.name) }
        let together = try replay(
            SensorScene.all,
            to: DaemonUnderTest(lanes: lanes, model: FixtureFolder.model, sensors: SensorPipeline.allCases), with: ink)
        func expectSame(_ listener: Listener, of streams: Set<StreamName>) {
            for stream in streams {
                #expect(
                    together.finals(of: stream).map(Said.init) == listener.finals(of: stream).map(Said.init),
                    "\(stream)")
                #expect(
                    spans(together.events.filter { $0.stream == stream })
                        == spans(listener.events.filter { $0.stream == stream }), "\(stream)")
            }
        }
        let pens = try replay([], to: DaemonUnderTest(lanes: lanes, model: FixtureFolder.model), with: ink)
        expectSame(pens, of: ink.reduce(into: []) { $0.formUnion($1.streams) })
        for pipeline in SensorPipeline.allCases {
            let scenes = SensorScene.all.filter { $0.name.hasPrefix(pipeline.rawValue) }
            #expect(!scenes.isEmpty)
            let alone = try replay(scenes, to: DaemonUnderTest(lanes: lanes, sensors: [pipeline], readsInk: false))
            expectSame(alone, of: Set(scenes.flatMap { $0.segments.map(\.stream) }))
        }
    }

    @Test func aChannelThatAHelloLacksIsLoggedByItsName() throws {
        let log = Pipe()
        let daemon = try DaemonUnderTest(
            sensors: [.movement], readsInk: false, settings: ["logging.level=warning"], log: log)
        var sensor = try SceneSensor("movement-9", seed: 1, channels: ["y", "x"])
        try sensor.move(seconds: 2)
        try sensor.end()
        let listener = try replay([SensorScene("two channels", sensor)], to: daemon)
        // Every vector lacks a number.
        #expect(listener.finals.map(\.gaps.dirtySamples) == [100])
        #expect(daemon.end(with: SIGTERM) == 0)
        let entries = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(entries.contains("a sensor's hello does not name z, which its pipeline's model reads"), "\(entries)")
        #expect(entries.contains("movement-9"), "\(entries)")
    }

    @Test(arguments: [1, 2], ["max", "1"])
    func replayCommandComparesEveryFixture(lanes: Int, speed: String) throws {
        let daemon = try DaemonUnderTest(lanes: lanes, sensors: SensorPipeline.allCases)
        let replays = try SensorScene.all.map { scene in
            let fixture = FixtureFolder.recording(scene.name).path,
                expectation = FixtureFolder.expectation(scene.name).path
            return (
                scene,
                try daemon.start("replay", fixture, "--speed", speed, "--expect", expectation, "--patience", "20")
            )
        }
        for (scene, replay) in replays {
            let (status, output) = replay.finish()
            #expect(status == 0, "\(scene): \(output)")
        }
    }
}
