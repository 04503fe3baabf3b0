import Adaptation
import Foundation
import Network
import Recognition
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
        #expect(VectorBlob.decode(VectorBlob.encode(vectors)) == vectors)
        let folder = try TemporaryFolder()
        let journal = try Journal(at: folder.url.appending(path: "journal.sqlite"))
        _ = try journal.add(correction(segment: 1, evidence: .vectors(vectors)))
        #expect(try journal.entries(limit: 9).map(\.correction.evidence) == [.vectors(vectors)])
    }

    @Test func whatIsNoBlobOfVectors_isRefused() {
        let bytes = VectorBlob.encode(SensorVectors(channels: ["x"], rate: 1, values: [1, 2]))
        for length in 0..<bytes.count { #expect(VectorBlob.decode(Array(bytes.prefix(length))) == nil) }
        #expect(VectorBlob.decode(bytes + [0]) == nil)
        #expect(VectorBlob.decode([1] + bytes.dropFirst()) == nil)
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
            scope: .writer("anna"), base: BaseModel(model), serving: model, start: model, segments: Array(segments.dropFirst()),
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
        #expect(try check.refusal(of: String(repeating: "AB", count: 50), for: evidence, by: model) == .implausible(-.infinity))
        let others = Evidence.vectors(SensorVectors(channels: ["up"], rate: 50, values: [1, 2, 3, 4]))
        #expect(try check.refusal(of: "A", for: others, by: model) == .implausible(-.infinity))
        #expect(try check.refusal(of: "A", for: .ink([stroke]), by: model) == .implausible(-.infinity))
    }

    @Test func whatWasWrittenForAnotherKindOfModel_isLeftOut() throws {
        #expect(throws: LearningError.nothingToLearn) {
            try Learner(plan: LearningPlan()).train(
                SmallModel.make(), base: SmallModel.make().network.parameters, segments: segments, heldOut: [])
        }
        #expect(try ReadingFigures.of(SmallModel.make(), on: [segments[0]]).edits == 2, "nothing is read")
    }
}

@Suite struct ReadingFiguresTests {
    @Test func manyAreReadTogetherAsEachAlone() throws {
        let model = try SmallModel.make()
        let segments = try simulatedSegments(["no", "on", "a longer line of ink", "o", "non", "noon", "onno", "nn", "oo", "ono"])
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
