import AdaptationTestSupport
import DuctusAdaptation
import DuctusDecoding
import DuctusNetwork
import DuctusRecognition
import Foundation
import Testing

/// Corrections of a sensor's segments: what ink can, vectors can.
@Suite struct SensorCorrectionTests {
    private let model: Model
    private let segments = ["AB", "BA", "ABB", "BAAB", "AABA"].map { SmallVectorModel.segment($0, id: $0) }

    init() throws { model = try SmallVectorModel.make() }

    private func learned(_ plan: LearningPlan) throws -> Model {
        let parameters = try Learner(plan: plan).train(
            model, base: model.network.parameters, segments: segments, heldOut: []
        ).parameters
        return model.with(network: try Network(architecture: model.network.architecture, parameters: parameters))
    }

    @Test func vectorsComeBackToTheLastBit() throws {
        let vectors = SensorVectors(channels: ["x", "ÿ\u{0}"], rate: 33.3, values: [.pi, .nan, -0.0, .infinity])
        #expect(Evidence(blob: Evidence.vectors(vectors).blob) == .vectors(vectors))
        let folder = try TemporaryFolder()
        let journal = SQLiteJournal(at: folder.url.appending(path: "journal.sqlite"))
        _ = try journal.add(correction(segment: 1, evidence: .vectors(vectors)))
        #expect(try journal.entries(limit: 9).map(\.correction.evidence) == [.vectors(vectors)])
    }

    @Test func correctionsBecomeLikelier_andAreReadWithFewerErrors() throws {
        var plan = LearningPlan()
        plan.learningRate = 3e-2
        plan.steps = 200...200
        plan.pull = 0
        // Each of the two channels stands for a letter.
        plan.vectorAugmentation.silencedNumbers = 0
        let (before, after) = (
            try ReadingFigures.of(model, on: segments), try ReadingFigures.of(learned(plan), on: segments)
        )
        #expect(after.loss < before.loss && after.edits < before.edits, "\(before) \(after)")
    }

    @Test func aTrialOfVectorsIsJudgedByTheSameGate() throws {
        let input = Trial.Input(
            scope: .writer("anna"), base: BaseModel(model), serving: model, start: model,
            segments: Array(segments.dropFirst()),
            heldOut: Array(segments.prefix(1)))
        var plan = LearningPlan()
        plan.steps = 4...4
        #expect(try Trial.run(input, plan: plan, gate: Gate(leastGain: -1000)).verdict.isPromoted)
        #expect(try !Trial.run(input, plan: plan, gate: Gate(leastGain: 1)).verdict.isPromoted)
    }

    @Test func whatTheModelCannotWrite_orRead_isRefused() throws {
        let check = CorrectionCheck()
        let evidence = segments[0].evidence
        #expect(try check.refusal(of: "AB", for: evidence, by: model) == nil)
        #expect(try check.refusal(of: "AC", for: evidence, by: model) == .outsideAlphabet(["C"]))
        #expect(
            try check.refusal(of: String(repeating: "AB", count: 50), for: evidence, by: model)
                == .implausible(-.infinity))
        let others = Evidence.vectors(SensorVectors(channels: ["up"], rate: 50, values: [1, 2, 3, 4]))
        #expect(try check.refusal(of: "A", for: others, by: model) == .implausible(-.infinity))
        #expect(try check.refusal(of: "A", for: .ink([stroke]), by: model) == .implausible(-.infinity))
    }

    @Test func whatWasWrittenForAnotherKindOfModel_isLeftOut() throws {
        #expect(throws: LearningError.nothingToLearn) {
            try Learner(plan: LearningPlan()).train(
                SmallModel.make(), base: SmallModel.make().network.parameters, segments: segments, heldOut: [])
        }
        #expect(try ReadingFigures.of(SmallModel.make(), on: [segments[0]]) == ReadingFigures())
    }
}

/// Corrections where every frame has a label.
@Suite struct LabelCorrectionTests {
    private let model: Model
    /// A, then B; and B alone, of which the middle is not said.
    private let segments: [LabelledSegment]

    init() throws {
        model = try SmallVectorModel.make(task: .frameLabels)
        segments = [
            .init(id: "1", text: "A@0-0.32 B@0.32-0.64", evidence: SmallVectorModel.segment("AB").evidence),
            .init(id: "2", text: "B@0-0.2 B@0.5-9", evidence: SmallVectorModel.segment("BB").evidence),
            .init(id: "3", text: "A", evidence: SmallVectorModel.segment("AA").evidence),
        ]
    }

    @Test func labelsBecomeLikelier_andFramesThatAreSaidCount() throws {
        var plan = LearningPlan()
        plan.learningRate = 3e-2
        plan.steps = 100...100
        plan.pull = 0
        plan.vectorAugmentation.silencedNumbers = 0
        let learned = try Learner(plan: plan).train(
            model, base: model.network.parameters, segments: segments, heldOut: [])
        let (before, after) = (
            try ReadingFigures.of(model, on: segments),
            try ReadingFigures.of(
                model.with(network: Network(architecture: model.network.architecture, parameters: learned.parameters)),
                on: segments)
        )
        // Frames of two vectors at 50 Hz: 16 of each segment, 7 of them in the second between 0.2 and 0.5 s.
        #expect(before.characters == 16 + 9 + 16)
        #expect(after.loss < before.loss && after.edits < before.edits, "\(before) \(after)")
    }

    @Test func aTextSaysWhichLabelHoldsWhen() throws {
        let check = CorrectionCheck()
        let refusal = { (text: String) in try check.refusal(of: text, for: segments[0].evidence, by: model) }
        for text in ["A", "A@0-0.3", "A@0-0.32 B@0.32-0.64"] { #expect(try refusal(text) == nil, "\(text)") }
        for text in [
            "A@", "@0-1", "A@0", "A@0-1-2", "A@x-y", "A@-1-2", "A@0.4-0.2", "A@0.2-0.2", "A@7-8", "A@0-0.4 B@0.2-0.6",
            "A B", "A@0-nan", " ",
        ] { #expect(try refusal(text) == .noSpans, "\(text)") }
        #expect(try refusal("C@0-0.3") == .outsideAlphabet(["C"]))
        #expect(try refusal("") == .empty)
    }

    @Test func whatIsUnlikelyInEveryFrame_isImplausible() {
        let sure: [Float] = [-0.01, -6, -0.01, -6, -0.01, -6]
        let plausibility = { labels in
            Posteriors.withView(of: sure, labels: 2) { CorrectionCheck.plausibility(ofFrames: labels, in: $0) }
        }
        #expect(plausibility([0, 0, -1]) == 0)
        #expect(plausibility([1, 1, -1]) < -5)
        #expect(plausibility([-1, -1, -1]) == -.infinity)
    }
}

@Suite struct ReadingFiguresTests {
    @Test func manyAreReadTogetherAsEachAlone() throws {
        let model = try SmallModel.make()
        let segments = try simulatedSegments([
            "no", "on", "a longer line of ink", "o", "non", "noon", "onno", "nn", "oo", "ono",
        ])
        let together = try ReadingFigures.of(model, on: segments, threads: 2)
        let alone = try segments.map { try ReadingFigures.of(model, on: [$0]) }.reduce(ReadingFigures(), +)
        #expect((together.lines, together.characters, together.edits) == (alone.lines, alone.characters, alone.edits))
        #expect(abs(together.nats - alone.nats) < 1e-3 * alone.nats)
    }

    @Test func aReadingCanBeEnded() throws {
        let segments = try simulatedSegments(["no", "on"])
        #expect(throws: LearningError.cancelled) {
            try ReadingFigures.of(SmallModel.make(), on: segments, pause: { throw LearningError.cancelled })
        }
    }
}
