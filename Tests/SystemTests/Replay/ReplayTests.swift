import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// What the recognizer reads in every scene: the shipped model if there is one, else a tiny one.
enum Readings {
    static let model: Model = {
        do {
            return try FixtureFolder.model.map { try Model(contentsOf: $0) } ?? TinyModel.make()
        } catch {
            fatalError("the model cannot be read: \(error)")
        }
    }()

    static let all: [String: [Recognition]] = {
        do {
            let recognizer = Recognizer(model: model)
            return try Dictionary(uniqueKeysWithValues: Scene.all.map { ($0.name, try $0.readings(by: recognizer)) })
        } catch {
            fatalError("a scene cannot be read: \(error)")
        }
    }()
}

/// Every fixture, replayed to the real daemon.
@Suite struct ReplayTests {
    /// Sends all scenes at once, and compares each final with what the scene's bookkeeping and the recognizer say.
    private func replayEverything(
        to daemon: DaemonUnderTest, _ scenes: [Scene] = Scene.all, order: ([FixtureRecord]) -> [FixtureRecord] = { $0 }
    ) throws {
        let listener = try Listener(daemon)
        let player = try Player(daemon)
        let awaited = scenes.reduce(0) { $0 + $1.segments.count }
        try player.play(order(scenes.flatMap(\.records)))
        let areAllThere = try listener.listen { $0.finals.count >= awaited }
        #expect(areAllThere, "\(listener.finals.count) of \(awaited) finals")
        for scene in scenes {
            let readings = try #require(Readings.all[scene.name])
            for stream in scene.streams {
                let expected = zip(scene.segments, readings).filter { $0.0.stream == stream }
                let finals = listener.finals(of: stream)
                #expect(finals.count == expected.count, "\(stream)")
                for (final, (segment, reading)) in zip(finals, expected) { compare(final, segment, reading) }
            }
        }
    }

    private func compare(_ final: LabelEvent, _ segment: Scene.Segment, _ reading: Recognition) {
        #expect(final.text == reading.text, "\(final.stream)")
        #expect(final.symbols.map(\.samples) == reading.symbols.map(\.samples), "\(final.stream)")
        #expect(final.symbols.map(\.strokes) == reading.symbols.map(\.strokes), "\(final.stream)")
        #expect(final.ending == segment.ending, "\(final.stream)")
        #expect(final.gaps == segment.gaps, "\(final.stream)")
        // The last letter is never lost: all of the ink is in the final.
        #expect(final.sampleCount == segment.sampleCount, "\(final.stream)")
        #expect(final.committed == final.text.unicodeScalars.count, "\(final.stream)")
    }

    @Test(arguments: [1, 2])
    func allAtOnceEachIsReadAsIfAlone(lanes: Int) throws {
        let daemon = try DaemonUnderTest(lanes: lanes, model: FixtureFolder.model)
        try replayEverything(to: daemon)
        // A replay leaves nothing behind that the next one could notice. The idle rule takes its time: once is enough.
        let prompt = Scene.all.filter { scene in !scene.segments.contains { $0.ending == .idle } }
        for seed in 1...2 {
            try replayEverything(to: daemon, prompt) { records in Self.shuffled(records, seed: UInt64(seed)) }
        }
        #expect(daemon.end(with: SIGTERM) == 0)
    }

    /// The same packets in another order; each stream's own stay in theirs.
    private static func shuffled(_ records: [FixtureRecord], seed: UInt64) -> [FixtureRecord] {
        var random = SplitMix64(seed: seed)
        var queues = Dictionary(grouping: records, by: \.topic).sorted { $0.key < $1.key }.map { ArraySlice($0.value) }
        var order: [FixtureRecord] = []
        while !queues.isEmpty {
            let index = Int(random.next() % UInt64(queues.count))
            if let record = queues[index].popFirst() { order.append(record) }
            if queues[index].isEmpty { queues.remove(at: index) }
        }
        return order
    }

    @Test func replayCommandComparesEveryFixtureAtMaximumSpeed() throws {
        let daemon = try DaemonUnderTest(lanes: 2, model: FixtureFolder.model)
        try replay(Scene.all, speed: "max", to: daemon)
    }

    @Test func replayCommandComparesShortFixturesInRealTime() throws {
        let daemon = try DaemonUnderTest(model: FixtureFolder.model)
        let short = Scene.all.filter { ($0.records.last?.time ?? 0) < 7_000_000 }
        #expect(short.count >= 3)
        try replay(short, speed: "1", to: daemon)
    }

    /// Runs `ductus replay --expect` for all scenes at the same time.
    private func replay(_ scenes: [Scene], speed: String, to daemon: DaemonUnderTest) throws {
        let replays = try scenes.map { scene in
            let fixture = URL(filePath: daemon.folder).appending(path: scene.name + ".fixture")
            let expectation = URL(filePath: daemon.folder).appending(path: scene.name + ".expected")
            try scene.write(to: fixture)
            try scene.expectation(try #require(Readings.all[scene.name])).write(
                to: expectation, atomically: true, encoding: .utf8)
            return (
                scene,
                try daemon.start(
                    "replay", fixture.path, "--speed", speed, "--expect", expectation.path, "--patience", "20")
            )
        }
        for (scene, replay) in replays {
            let (status, output) = replay.finish()
            #expect(status == 0, "\(scene): \(output)")
        }
    }
}
