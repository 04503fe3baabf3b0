import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation
import Testing

@Suite struct VectorCorpusTests {
    private let configuration = VectorConfiguration(channels: SimulatedSensor.channels, rate: 50, stack: 5)
    private let names = SimulatedSensor.Movement.allCases.map(\.rawValue)

    private func recordings(_ subjects: Range<Int>, seconds: Double = 60) -> [SensorRecording] {
        subjects.map { subject in
            var sensor = SimulatedSensor(subject: "\(subject)", seed: UInt64(subject))
            return sensor.recording(id: "r\(subject)", seconds: seconds)
        }
    }

    @Test func longRecordingsBecomePiecesWithTheirLabels() throws {
        let corpus = try VectorCorpus(
            recordings(0..<2), configuration: configuration, task: .frameLabels, alphabet: Alphabet(symbols: names),
            augmentation: VectorAugmentation(), pieceLength: 200)
        #expect(corpus.count == 6 && corpus.lengths.allSatisfy { $0 == 200 })
        for index in 0..<6 {
            let plain = corpus.example(index, augmentedBy: nil)
            let changed = corpus.example(index, augmentedBy: SplitMix64(seed: 9))
            #expect(plain.frames.count == 200 * configuration.dimension && changed.frames.count == plain.frames.count)
            #expect(changed.frames != plain.frames && changed.frames.allSatisfy(\.isFinite))
            #expect(changed.frames == corpus.example(index, augmentedBy: SplitMix64(seed: 9)).frames)
            guard case .frames(let labels) = plain.target else {
                Issue.record("a target of labels was expected")
                return
            }
            #expect(labels.count == 200 && labels.contains(-1) && Set(labels).count > 2)
        }
    }

    @Test func textsThatCannotBeSpelledAreRefused() throws {
        let recording = SensorRecording(
            id: "", subject: "", rate: 50, channels: SimulatedSensor.channels, values: [Float](repeating: 1, count: 60),
            text: "AX")
        #expect(throws: Alphabet.Fault.self) {
            try VectorCorpus(
                [recording], configuration: configuration, task: .transcription, alphabet: Alphabet(symbols: ["A"]),
                augmentation: VectorAugmentation())
        }
    }

    @Test func aRecordingWithoutALabelIsNoSilence() throws {
        func recording(_ text: String?) -> SensorRecording {
            SensorRecording(
                id: "", subject: "", rate: 50, channels: SimulatedSensor.channels,
                values: [Float](repeating: 1, count: 60), text: text)
        }
        let corpus = try VectorCorpus(
            [recording("A"), recording(nil), recording("")], configuration: configuration, task: .transcription,
            alphabet: Alphabet(symbols: ["A"]), augmentation: VectorAugmentation())
        #expect(corpus.count == 2)
        guard case .ctc(let labels) = corpus.example(1, augmentedBy: nil).target else {
            Issue.record("a text was expected")
            return
        }
        #expect(labels.isEmpty)
    }

    @Test func missingNumbersCountNowhereInMeanAndDeviation() throws {
        let one = VectorConfiguration(channels: ["level"], rate: 50)
        func standardization(_ values: [Float]) throws -> Standardization {
            let recording = SensorRecording(
                id: "", subject: "", rate: 50, channels: ["level"], values: values, text: "A")
            return try VectorCorpus(
                [recording], configuration: one, task: .transcription, alphabet: Alphabet(symbols: ["A"]),
                augmentation: VectorAugmentation()
            ).standardization
        }
        let whole = try standardization([10, 14, 10, 14]),
            holed = try standardization([10, .nan, 14, .infinity, 10, 14])
        #expect(whole == holed && whole.mean == [12] && whole.deviation == [2])
        // Of a channel that never came nothing is known.
        #expect(try standardization([.nan, .nan]) == .identity(1))
    }

    @Test func aRecordingAtARateThatCannotBeUsedIsRefused() throws {
        let recording = SensorRecording(
            id: "slow", subject: "", rate: 1e-6, channels: SimulatedSensor.channels,
            values: [Float](repeating: 1, count: 60), text: "A")
        #expect(throws: SensorFileError.unusableRate(recording: "slow", rate: 1e-6, usable: 5...5000)) {
            try VectorCorpus(
                [recording], configuration: configuration, task: .transcription, alphabet: Alphabet(symbols: ["A"]),
                augmentation: VectorAugmentation())
        }
    }

    @Test func channelsAreFoundByTheirNames() throws {
        let recording = try #require(recordings(3..<4).first)
        var turned = recording
        turned.channels = ["z", "spare", "x", "y"]
        turned.values = ChannelOrder(of: turned.channels, among: recording.channels).arrange(recording.values)
        func corpus(_ recording: SensorRecording) throws -> VectorCorpus {
            try VectorCorpus(
                [recording], configuration: configuration, task: .frameLabels, alphabet: Alphabet(symbols: names),
                augmentation: VectorAugmentation())
        }
        #expect(
            try corpus(turned).example(0, augmentedBy: nil).frames
                == corpus(recording).example(0, augmentedBy: nil).frames)
        turned.channels[3] = "w"
        #expect(
            throws: SensorFileError.lacksChannels(recording: "r3", missing: ["y"], found: ["z", "spare", "x", "w"])
        ) {
            try corpus(turned)
        }
    }

    @Test func aSimulatedSensorIsLearnedAndReadOnSubjectsNeverSeen() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "sensor.ndjson")
        try SensorRecording.write(recordings(0..<8), to: file)

        var recipe = Recipe()
        recipe.input = .vectors(configuration)
        recipe.task = .frameLabels
        recipe.layers = [.recurrent(.init(cell: .lstm, in: 15, hidden: 12, bidirectional: true))]
        recipe.optimization.epochs = 12
        recipe.optimization.framesPerBatch = 600
        recipe.optimization.learningRate = 0.02
        recipe.optimization.warmUpSteps = 5
        recipe.optimization.averageDecay = 0.8
        let setup = try TrainingSetup.vectors(
            configuration, recipe: recipe, data: [file], validation: [], heldOut: ["2", "5"], name: "simulated")
        #expect(setup.remarks == ["6 recordings to train on, 2 held out"])
        let run = try TrainingRun(
            recipe: recipe, classes: setup.classes, corpus: setup.corpus, threads: 1, checkpoint: nil)
        try run.run(validation: { try setup.errors(of: setup.model($0)) })
        let model = try setup.calibrated(
            setup.model(Network(architecture: run.architecture, parameters: run.best.parameters)))
        let evaluation = try SensorEvaluation.run(model, on: recordings(100..<102))
        let frames = try #require(evaluation.frames)
        #expect(frames.accuracy > 0.9)
        #expect(frames.macroF1 > 0.85)
        // Smoothing joins what the network alone tears apart.
        let plain = try #require(evaluation.unsmoothed)
        #expect(frames.segmentError <= plain.segmentError)
        // Confidences are probabilities, on subjects never seen, too.
        #expect(model.calibration[.bestPath] != nil)
        #expect(frames.ece < 0.05)
    }

    /// What a recipe says of smoothing stands, whatever would fit the validation set; labels are smoothed in training.
    @Test func aRecipeDecidesHowLabelsAreSmoothed() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "sensor.ndjson")
        try SensorRecording.write(recordings(0..<3), to: file)
        var recipe = Recipe()
        recipe.input = .vectors(configuration)
        recipe.task = .frameLabels
        recipe.layers = [.recurrent(.init(cell: .lstm, in: 15, hidden: 8, bidirectional: false))]
        recipe.optimization.epochs = 1
        recipe.sampling.pieceFrames = 50
        func setup(_ recipe: Recipe) throws -> TrainingSetup {
            try .vectors(
                configuration, recipe: recipe, data: [file], validation: [], heldOut: ["2"], name: "simulated")
        }
        let fitted = try setup(recipe)
        // Sixty seconds, two subjects.
        #expect(fitted.corpus.count == 24)
        let network = try Network(architecture: fitted.architecture, seed: 1)
        var smoothing = Recipe.FrameSmoothing()
        (smoothing.priorWeight, smoothing.transitionWeight) = (0.3, 7)
        recipe.smoothing = smoothing
        let told = try setup(recipe)
        for model in [told.model(network), try told.calibrated(told.model(network))] {
            let transitions = try #require(model.transitions)
            #expect(transitions.priorWeight == 0.3 && transitions.transitionWeight == 7)
        }
        let own = try #require(try fitted.calibrated(fitted.model(network)).transitions)
        #expect(own.priorWeight != 0.3 && own.transitionWeight != 7)

        func loss(_ amount: Float) throws -> Double {
            recipe.optimization.labelSmoothing = amount
            let run = try TrainingRun(
                recipe: recipe, classes: told.classes, corpus: told.corpus, threads: 1, checkpoint: nil)
            try run.run(validation: { _ in ["none": 1] })
            return try #require(run.history.first).loss
        }
        #expect(try loss(0.5) != loss(0))
    }

    /// A random field behind a recurrent layer, and a U-shape that halves the frames twice: recordings of any length are learned and read.
    @Test(arguments: [true, false])
    func otherNetworksLabelFramesToo(isRandomField: Bool) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "sensor.ndjson")
        // 203 frames, and 27 of them beside pieces of 300.
        try SensorRecording.write(recordings(0..<6, seconds: 20.3) + recordings(6..<8, seconds: 32.7), to: file)
        var recipe = Recipe()
        recipe.input = .vectors(configuration)
        recipe.task = .frameLabels
        if isRandomField {
            recipe.output = .conditionalRandomField
            recipe.layers = [.recurrent(.init(cell: .lstm, in: 15, hidden: 12, bidirectional: true))]
        } else {
            recipe.layers = [
                .convolution1D(.init(in: 15, out: 16, kernel: 3, stride: 1, padding: 1, activation: .silu)),
                .convolution1D(.init(in: 16, out: 16, kernel: 4, stride: 2, padding: 1, activation: .silu)),
                .convolution1D(.init(in: 16, out: 24, kernel: 4, stride: 2, padding: 1, activation: .silu)),
                .transposedConvolution1D(.init(in: 24, out: 16, kernel: 4, factor: 2, padding: 1, activation: .silu)),
                Layer(Concatenation(), from: [.layer(1), .layer(3)]),
                .transposedConvolution1D(.init(in: 32, out: 16, kernel: 4, factor: 2, padding: 1, activation: .silu)),
                Layer(Concatenation(), from: [.layer(0), .layer(5)]),
            ]
        }
        recipe.optimization.epochs = 30
        recipe.optimization.framesPerBatch = 600
        recipe.optimization.learningRate = 0.02
        recipe.optimization.warmUpSteps = 5
        recipe.optimization.averageDecay = 0.8
        let setup = try TrainingSetup.vectors(
            configuration, recipe: recipe, data: [file], validation: [], heldOut: ["2"], name: "simulated")
        let run = try TrainingRun(
            recipe: recipe, architecture: setup.architecture, corpus: setup.corpus, threads: 1, checkpoint: nil)
        try run.run(validation: { try setup.errors(of: $0) })
        let output = TrainingFolder(folder)
        try setup.write(
            Network(architecture: run.architecture, parameters: run.best.parameters), isFinal: true, to: output)
        let evaluation = try SensorEvaluation.run(
            Model(contentsOf: folder), on: recordings(100..<102, seconds: 30.1))
        let frames = try #require(evaluation.frames)
        #expect(frames.accuracy > 0.85)
    }
}
