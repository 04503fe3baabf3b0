import AdaptationTestSupport
import DuctusAdaptation
import DuctusNetwork
import DuctusRecognition
import Testing

@Suite struct LearnerTests {
    private let model: Model
    private let segments: [LabelledSegment]
    private var plan = LearningPlan()

    init() throws {
        model = try SmallModel.make()
        segments = try simulatedSegments(["no", "on", "noon", "onno", "non"])
        plan.learningRate = 1e-2
        plan.steps = 16...16
    }

    private func train(_ plan: LearningPlan) throws -> [Float] {
        try Learner(plan: plan).train(model, base: model.network.parameters, segments: segments, heldOut: []).parameters
    }

    @Test func theSameCorrectionsGiveTheSameWeights() throws {
        let isTheSame = try train(plan) == train(plan)
        #expect(isTheSame)
    }

    @Test func correctionsBecomeLikelier() throws {
        let learned = model.with(
            network: try Network(architecture: model.network.architecture, parameters: train(plan)))
        #expect(try ReadingFigures.of(learned, on: segments).loss < ReadingFigures.of(model, on: segments).loss)
    }

    @Test func whatIsNotTrainedStays() throws {
        var plan = plan
        plan.trained = .output
        let layout = model.network.layout
        let learned = try train(plan)
        let output = try #require(layout.layers.last { !$0.isEmpty })
        let isKept = learned[..<output.lowerBound] == model.network.parameters[..<output.lowerBound]
        #expect(isKept)
        let isChanged = Array(learned[output]) != Array(model.network.parameters[output])
        #expect(isChanged)
    }

    @Test func aStrongPullKeepsTheWeightsNearTheBase() throws {
        func distance(_ pull: Float) throws -> Float {
            var plan = plan
            plan.pull = pull
            return zip(try train(plan), model.network.parameters).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        #expect(try distance(100) < distance(0))
    }

    @Test func nothingUsableIsAnError() throws {
        #expect(throws: LearningError.nothingToLearn) {
            _ = try Learner(plan: plan).train(
                model, base: model.network.parameters,
                segments: [LabelledSegment(id: "1", text: "ü", evidence: .ink([stroke]))], heldOut: [])
        }
    }

    @Test func aTrainingCanBeEnded() throws {
        #expect(throws: LearningError.cancelled) {
            _ = try Learner(plan: plan).train(
                model, base: model.network.parameters, segments: segments, heldOut: [],
                pause: { throw LearningError.cancelled })
        }
    }
}

@Suite struct TrialTests {
    private func input(_ texts: [String]) throws -> Trial.Input {
        let model = try SmallModel.make()
        let labelled = try simulatedSegments(texts)
        return Trial.Input(
            scope: .writer("anna"), base: BaseModel(model), serving: model, start: model,
            segments: Array(labelled.dropFirst()),
            heldOut: Array(labelled.prefix(1)))
    }

    @Test func whatTheGateSawIsWhatIsReadBackFromDisk() throws {
        let folder = try TemporaryFolder()
        var plan = LearningPlan()
        plan.steps = 4...4
        let input = try input(["no", "on", "noon"])
        let trial = try Trial.run(input, plan: plan, gate: Gate(leastGain: -1000))
        let archive = FileArchive(folder: folder.url, keeping: 1)
        let record = try archive.promote(
            GenerationCandidate(
                scope: .writer("anna"), parameters: trial.parameters, parent: .base, corrections: [],
                figures: trial.verdict.figures, time: 0),
            over: input.base)
        #expect(try archive.model(of: record.name, over: input.base).network.parameters == trial.parameters)
    }

    @Test func whatMattersIsHeldWhereThePlanIsElastic() throws {
        var input = try input(["no", "on", "noon"])
        input.heldOut = []
        let network = input.base.model.network
        let output = try #require(network.layout.layers.last { !$0.isEmpty })
        func distance(importance: Float) throws -> Float {
            var plan = LearningPlan()
            (plan.steps, plan.isElastic, plan.pull) = (24...24, true, 1)
            input.importance = network.parameters.indices.map { output.contains($0) ? importance : 0 }
            let learned = try Trial.run(input, plan: plan, gate: Gate(leastGain: -1000)).parameters
            return output.reduce(0) { $0 + abs(learned[$1] - network.parameters[$1]) }
        }
        #expect(try distance(importance: 100) < 0.5 * distance(importance: 0))
    }

    @Test func aGateThatNothingPassesRejects() throws {
        var plan = LearningPlan()
        plan.steps = 2...2
        let trial = try Trial.run(try input(["no", "on"]), plan: plan, gate: Gate(leastGain: 1))
        #expect(!trial.verdict.isPromoted)
    }
}
