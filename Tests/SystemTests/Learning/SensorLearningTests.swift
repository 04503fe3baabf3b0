import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

#if DUCTUS_DATA
    /// Corrections of a sensor's segments to the real daemon, over its sockets: a speaker whom the model in models/an4 has never heard.
    @Suite struct SensorLearningTests {
        private static let stream = StreamName.named("microphone")
        private static let model = FixtureFolder.root.appending(path: "models/an4")
        private static let recordings = URL(filePath: ProcessInfo.processInfo.environment["DUCTUS_DATA"] ?? "")
            .appending(path: "sensors/an4-train.ndjson.gz")
        /// Held out when the model was trained, and read with the most errors.
        private static let speaker = "fjam"

        private func play(_ utterances: [SensorRecording], epoch: UInt64, to daemon: DaemonUnderTest) throws
            -> [LabelEvent]
        {
            let listener = try Listener(daemon)
            let player = try Player(daemon)
            var contents = [FeaturePacket.Content.hello(StreamHello(writer: Self.speaker))]
            for utterance in utterances {
                let frames = FeatureFrames(
                    rate: Float(utterance.rate), channels: utterance.channels.count, values: utterance.values)
                contents += [.frames(frames), .endOfSegment]
            }
            for (sequence, content) in contents.enumerated() {
                let packet = FeaturePacket(epoch: epoch, sequence: UInt64(sequence), content: content)
                try player.send(topic: Topic.features(Self.stream).description, payload: try packet.wire())
            }
            #expect(try listener.listen { $0.finals.count >= utterances.count })
            return listener.finals
        }

        private func errors(_ finals: [LabelEvent], _ utterances: [SensorRecording]) -> Int {
            zip(finals, utterances).reduce(0) { $0 + EditDistance.between(Array($1.0.text), Array($1.1.text ?? "")) }
        }

        @Test func whatIsCorrectedIsTranscribedBetterTheNextTime() throws {
            let utterances = Array(
                try SensorRecording.read(Self.recordings).filter { $0.subject == Self.speaker }.prefix(12))
            let daemon = try DaemonUnderTest(
                pipelines: "  - {name: sensor, input: features, model: \"\(Self.model.path)\"}")
            let before = try play(utterances, epoch: 1, to: daemon)
            try #require(errors(before, utterances) > 0, "nothing to correct: choose another speaker")
            let events = try Subscriber(context: daemon.context, endpoint: daemon.endpoint("labels"))
            try events.subscribe(Array(Topic.events.description.utf8))
            try events.waitUntilSubscribed(milliseconds: 20_000)
            for (final, utterance) in zip(before, utterances) {
                let (status, output) = try daemon.ductus(
                    "correct", Self.stream.text, "\(final.segment)", utterance.text ?? "")
                #expect(status == 0, "\(output)")
            }
            // Until all corrections had a part in a verdict.
            var (last, taken): (WireTrial?, UInt32) = (nil, 0)
            let deadline = ContinuousClock.now + .seconds(120)
            while taken < UInt32(utterances.count), ContinuousClock.now < deadline {
                guard let frames = try events.receive(milliseconds: 1000), frames.count == 2 else { continue }
                switch try WireDaemonEvent(wire: frames[1]).body {
                case .promotion(let trial) where trial.generation.writer == Self.speaker:
                    (last, taken) = (trial, trial.corrections)
                case .rejection(let trial) where trial.writer == Self.speaker: taken = trial.corrections
                default: break
                }
            }
            let promoted = try #require(last, "nothing was promoted")
            let after = try play(utterances, epoch: 2, to: daemon)
            #expect(
                after.allSatisfy { $0.generation == .init(writer: Self.speaker, number: promoted.generation.number) })
            #expect(
                errors(after, utterances) < errors(before, utterances),
                "\(errors(before, utterances)), then \(errors(after, utterances))")
            // What was corrected is exported as a recording that every command reads.
            let (status, output) = try daemon.ductus("journal", "export", "--writer", Self.speaker)
            let file = URL(filePath: daemon.folder + "/corrections.ndjson")
            try output.write(to: file, atomically: true, encoding: .utf8)
            #expect(try status == 0 && SensorRecording.read(file).map(\.text) == utterances.map(\.text))
        }
    }
#endif
