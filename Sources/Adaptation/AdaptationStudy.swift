import Foundation
import Ink
import Network
import Recognition

/// Measures learning on labelled ink, as if its writers corrected their first lines: the daemon's own learner and gate, off line.
public struct AdaptationStudy: Sendable {
    public var base: BaseModel
    /// How many of a writer's first lines are corrected.
    public var lines: Int
    /// Writers with fewer lines are left out.
    public var leastLines = 26
    public var plan: LearningPlan
    public var gate: Gate
    public var threads: Int

    public init(base: BaseModel, lines: Int, plan: LearningPlan, gate: Gate, threads: Int) {
        self.base = base
        self.lines = lines
        self.plan = plan
        self.gate = gate
        self.threads = threads
    }

    /// One writer's ink, in the order of writing.
    public struct Hand: Sendable {
        public var name: String
        public var corrected: [InkLine]
        public var rest: [InkLine]
    }

    /// What one writer's corrections did.
    public struct Result: Sendable {
        public var writer: String
        public var verdict: GateVerdict
        public var before: ReadingFigures
        public var after: ReadingFigures
        public var canaryBefore: ReadingFigures
        public var canaryAfter: ReadingFigures
        public var share: Float
        public var seconds: Double
    }

    /// The known writers that have enough lines.
    ///
    /// - Parameter timelessSources: sources (by prefix) whose times are made up and not shown to the model.
    public func hands(of ink: [InkLine], timelessSources: [String] = ["unipen"]) -> [Hand] {
        var byWriter: [String: [InkLine]] = [:]
        for line in ink where line.writer != nil && line.text != nil {
            byWriter["\(line.source ?? "")/\(line.writer ?? "")", default: []].append(
                Self.prepared(line, timelessSources: timelessSources))
        }
        return byWriter.filter { $0.value.count >= max(leastLines, lines + 1) }.sorted { $0.key < $1.key }.map {
            Hand(name: $0.key, corrected: Array($0.value.prefix(lines)), rest: Array($0.value.dropFirst(lines)))
        }
    }

    /// A line as a model is shown it.
    public static func prepared(_ line: InkLine, timelessSources: [String] = ["unipen"]) -> InkLine {
        timelessSources.contains { (line.source ?? "").hasPrefix($0) } ? line.withoutTime() : line
    }

    /// Each writer learns alone; the others' weights are not touched.
    ///
    /// - Parameter canary: lines to measure on; those of the writer itself do not count.
    public func writerResult(_ hand: Hand, canary: [InkLine]) throws -> Result {
        let others = canary.filter { "\($0.source ?? "")/\($0.writer ?? "")" != hand.name }
        let (training, heldOut) = Self.divided(hand.corrected)
        var input = Trial.Input(
            scope: .writer(hand.name), base: base, serving: base.model, start: base.model, lines: training, heldOut: heldOut)
        input.threads = threads
        let began = ContinuousClock.now
        let trial = try Trial.run(input, plan: plan, gate: gate)
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let after = try served(trial, otherwise: base.model)
        return Result(
            writer: hand.name, verdict: trial.verdict,
            before: try ReadingFigures.of(base.model, on: hand.rest, threads: threads),
            after: try ReadingFigures.of(after, on: hand.rest, threads: threads),
            canaryBefore: try ReadingFigures.of(base.model, on: others, threads: threads),
            canaryAfter: try ReadingFigures.of(after, on: others, threads: threads), share: trial.share, seconds: seconds)
    }

    /// Everyone's corrections go into one shared generation, writer after writer, each time behind the gate.
    ///
    /// - Parameter progress: called with the number of writers done.
    /// - Returns: a result per writer; its lines are measured with the last generation, the canary with the one of its turn.
    public func sharedResults(
        _ hands: [Hand], canary: [InkLine], progress: (Int) -> Void = { _ in }
    ) throws -> [Result] {
        var serving = base.model
        var lines: [InkLine] = [], heldOut: [InkLine] = []
        var results: [Result] = []
        for (index, hand) in hands.enumerated() {
            let part = Self.divided(hand.corrected)
            lines += part.training
            heldOut += part.heldOut
            var input = Trial.Input(
                scope: .shared, base: base, serving: serving, start: base.model, lines: lines, heldOut: heldOut)
            input.canary = canary
            input.threads = threads
            let began = ContinuousClock.now
            let trial = try Trial.run(input, plan: plan, gate: gate)
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            serving = try served(trial, otherwise: serving)
            let figures = trial.verdict.figures
            results.append(
                Result(
                    writer: hand.name, verdict: trial.verdict, before: ReadingFigures(), after: ReadingFigures(),
                    canaryBefore: figures.canaryBefore ?? ReadingFigures(),
                    canaryAfter: figures.canaryAfter ?? ReadingFigures(), share: trial.share, seconds: seconds))
            progress(index + 1)
        }
        for (index, hand) in hands.enumerated() {
            results[index].before = try ReadingFigures.of(base.model, on: hand.rest, threads: threads)
            results[index].after = try ReadingFigures.of(serving, on: hand.rest, threads: threads)
        }
        if !results.isEmpty {
            results[0].canaryBefore = try ReadingFigures.of(base.model, on: canary, threads: threads)
            results[results.count - 1].canaryAfter = try ReadingFigures.of(serving, on: canary, threads: threads)
        }
        return results
    }

    private func served(_ trial: Trial, otherwise model: Model) throws -> Model {
        guard trial.verdict.isPromoted else { return model }
        let network = base.model.network
        return base.model.with(
            network: try Network(
                architecture: network.architecture, parameters: trial.parameters, precision: network.precision,
                instructionSet: network.instructionSet))
    }

    /// As the journal divides them.
    private static func divided(_ lines: [InkLine]) -> (training: [InkLine], heldOut: [InkLine]) {
        let isHeldOut = { (index: Int) in index % Journal.heldOutPeriod == 1 }
        return (
            lines.indices.filter { !isHeldOut($0) }.map { lines[$0] }, lines.indices.filter(isHeldOut).map { lines[$0] }
        )
    }
}
