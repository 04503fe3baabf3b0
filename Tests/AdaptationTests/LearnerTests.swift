import Adaptation
import Ink
import Network
import Recognition
import Testing

@Suite struct LearnerTests {
    private let model: Model
    private let lines: [InkLine]
    private var plan = LearningPlan()

    init() throws {
        model = try SmallModel.make()
        lines = try simulatedLines(["no", "on", "noon", "onno", "non"])
        plan.learningRate = 1e-2
        plan.steps = 16...16
    }

    private func train(_ plan: LearningPlan) throws -> [Float] {
        try Learner(plan: plan).train(model, base: model.network.parameters, lines: lines, heldOut: []).parameters
    }

    @Test func theSameCorrectionsGiveTheSameWeights() throws {
        let isTheSame = try train(plan) == train(plan)
        #expect(isTheSame)
    }

    @Test func correctionsBecomeLikelier() throws {
        let learned = model.with(network: try Network(architecture: model.network.architecture, parameters: train(plan)))
        #expect(try ReadingFigures.of(learned, on: lines).loss < ReadingFigures.of(model, on: lines).loss)
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
                model, base: model.network.parameters, lines: [InkLine(id: "1", text: "ü", strokes: [stroke])], heldOut: [])
        }
    }

    @Test func aTrainingCanBeEnded() throws {
        #expect(throws: LearningError.cancelled) {
            _ = try Learner(plan: plan).train(
                model, base: model.network.parameters, lines: lines, heldOut: [], isCancelled: { true })
        }
    }
}

@Suite struct TrialTests {
    private func input(_ texts: [String]) throws -> Trial.Input {
        let model = try SmallModel.make()
        let lines = try simulatedLines(texts)
        return Trial.Input(
            scope: .writer("anna"), base: BaseModel(model), serving: model, start: model, lines: Array(lines.dropFirst()),
            heldOut: Array(lines.prefix(1)))
    }

    @Test func whatTheGateSawIsWhatIsReadBackFromDisk() throws {
        let folder = try TemporaryFolder()
        var plan = LearningPlan()
        plan.steps = 4...4
        let input = try input(["no", "on", "noon"])
        let trial = try Trial.run(input, plan: plan, gate: Gate(leastGain: -1000))
        let store = try GenerationStore(folder: folder.url, keeping: 1)
        let record = try store.promote(
            trial.parameters, over: input.base, scope: .writer("anna"), parent: .base, corrections: [],
            figures: trial.verdict.figures, time: 0)
        #expect(try store.model(of: record.name, over: input.base).network.parameters == trial.parameters)
    }

    @Test func aGateThatNothingPassesRejects() throws {
        var plan = LearningPlan()
        plan.steps = 2...2
        let trial = try Trial.run(try input(["no", "on"]), plan: plan, gate: Gate(leastGain: 1))
        #expect(!trial.verdict.isPromoted)
    }
}
