import DuctusInk
import DuctusNetwork
import DuctusRecognition
import Foundation

/// Measures learning on labelled ink, as if its writers corrected some of their lines: the daemon's own check, learner and gate, off line.
public struct AdaptationStudy: Sendable {
    /// The model that is adapted.
    public var base: BaseModel
    /// The number of a writer's lines that are corrected.
    public var lines: Int
    /// A writer's first so many lines are not measured: the corrected ones are among them.
    public var reserved: Int
    /// Which of a writer's lines are corrected.
    public var choice = CorrectionChoice.first
    /// Wrong corrections among the right ones; nil: none.
    public var poison: Poison?
    /// The check that corrections pass before they are kept.
    public var check = CorrectionCheck()
    /// The rule that sets doubtful corrections aside.
    public var trust = CorrectionTrust()
    /// The rules of when and on what is trained.
    public var rules = LearningRules()
    /// The amount of training, and its step sizes.
    public var plan: LearningPlan
    /// The gate that candidates pass.
    public var gate: Gate
    /// Labelled lines of others, mixed into each training.
    public var rehearsal: [LabelledSegment] = []
    /// As `Trial.Input` takes it.
    public var importance: [Float]?
    /// The seed of all random choices.
    public var seed: UInt64 = 1
    /// Threads that train and measure.
    public var threads: Int

    /// Lines of a writer that must be left to measure.
    private static let leastMeasured = 10

    /// A study of `lines` corrected lines of each writer. The other settings have their default values.
    public init(base: BaseModel, lines: Int, plan: LearningPlan, gate: Gate, threads: Int) {
        self.base = base
        self.lines = lines
        reserved = lines
        self.plan = plan
        self.gate = gate
        self.threads = threads
    }

    /// Writers with fewer lines are left out.
    public var leastLines: Int { max(lines, reserved) + Self.leastMeasured }

    /// One writer's ink, in the order of writing.
    public struct Hand: Sendable {
        public var name: String
        /// The first lines, which may be corrected.
        public var reserve: [InkLine]
        /// The lines that are measured.
        public var rest: [InkLine]
    }

    /// The effect of one writer's corrections.
    public struct Result: Sendable {
        /// The writer's name.
        public var writer: String
        /// The gate's last decision; nil where too few corrections were taken to learn from.
        public var verdict: GateVerdict?
        /// Corrections that the check refused.
        public var refused = 0
        /// Corrections that were taken, and not learned from.
        public var quarantined = 0
        /// Figures on the measured lines with the base.
        public var before = ReadingFigures()
        /// Figures on the measured lines with what serves at the end.
        public var after = ReadingFigures()
        /// Figures on the canary with the base.
        public var canaryBefore = ReadingFigures()
        /// Figures on the canary with what serves at the end.
        public var canaryAfter = ReadingFigures()
        /// Duration of the training, in seconds.
        public var seconds = 0.0

        /// Whether the last candidate serves.
        public var isPromoted: Bool { verdict?.isPromoted ?? false }
    }

    /// The known writers that have enough lines.
    ///
    /// - Parameter timelessSources: sources (by prefix) whose times are made up and not shown to the model.
    public func hands(of ink: [InkLine], timelessSources: [String] = ["unipen"]) -> [Hand] {
        var byWriter: [String: [InkLine]] = [:]
        for line in ink where line.writer != nil && line.text != nil {
            byWriter[Self.name(of: line), default: []].append(Self.prepared(line, timelessSources: timelessSources))
        }
        return byWriter.filter { $0.value.count >= leastLines }.sorted { $0.key < $1.key }.map {
            let reserve = max(lines, reserved)
            return Hand(
                name: $0.key, reserve: Array($0.value.prefix(reserve)), rest: Array($0.value.dropFirst(reserve)))
        }
    }

    /// A line as a model is shown it.
    public static func prepared(_ line: InkLine, timelessSources: [String] = ["unipen"]) -> InkLine {
        timelessSources.contains { (line.source ?? "").hasPrefix($0) } ? line.withoutTime() : line
    }

    // MARK: Each for itself

    /// Each writer learns alone; the others' weights are not touched.
    ///
    /// - Parameter canary: lines to measure on; those of the writer itself do not count.
    public func writerResult(_ hand: Hand, canary: [InkLine]) throws -> Result {
        let others = canary.filter { Self.name(of: $0) != hand.name }
        let corrections = try corrections(of: hand, by: base.model)
        let (training, heldOut) = Self.divided(corrections.taken)
        var result = Result(writer: hand.name, refused: corrections.refused, quarantined: corrections.quarantined)
        result.before = try figures(base.model, hand.rest)
        result.canaryBefore = try figures(base.model, others)
        var input = Trial.Input(
            scope: .writer(hand.name), base: base, serving: base.model, start: base.model,
            segments: training.map(LabelledSegment.init), heldOut: heldOut.map(LabelledSegment.init))
        let after = try run(&input, &result)
        result.after = result.isPromoted ? try figures(after, hand.rest) : result.before
        result.canaryAfter = result.isPromoted ? try figures(after, others) : result.canaryBefore
        return result
    }

    // MARK: Everyone

    /// Trains one shared generation on all corrections, writer after writer. Each step must pass the gate.
    ///
    /// - Parameters:
    ///   - canary: lines that the shared weights must not read worse.
    ///   - progress: called with the number of writers done.
    /// - Returns: a result per writer, its lines measured with the last generation; and that generation.
    public func sharedResults(
        _ hands: [Hand], canary: [InkLine], progress: (Int) -> Void = { _ in }
    ) throws -> (results: [Result], model: Model) {
        var serving = base.model
        var kept: [(line: InkLine, isHeldOut: Bool)] = []
        var results: [Result] = []
        for (index, hand) in hands.enumerated() {
            let corrections = try corrections(of: hand, by: serving)
            kept += corrections.taken.enumerated().map { ($1, JournalRules.isHeldOut(after: $0)) }
            kept = kept.suffix(rules.limit(of: .shared))
            var result = Result(writer: hand.name, refused: corrections.refused, quarantined: corrections.quarantined)
            var input = Trial.Input(
                scope: .shared, base: base, serving: serving, start: base.model,
                segments: kept.filter { !$0.isHeldOut }.map { LabelledSegment($0.line) },
                heldOut: kept.filter(\.isHeldOut).map { LabelledSegment($0.line) })
            input.canary = canary.map(LabelledSegment.init)
            serving = try run(&input, &result)
            result.canaryBefore = result.verdict?.figures.canaryBefore ?? ReadingFigures()
            result.canaryAfter = result.verdict?.figures.canaryAfter ?? ReadingFigures()
            results.append(result)
            progress(index + 1)
        }
        for (index, hand) in hands.enumerated() {
            results[index].before = try figures(base.model, hand.rest)
            results[index].after = try figures(serving, hand.rest)
        }
        return (results, serving)
    }

    /// The figures of a model on lines.
    public func figures(_ model: Model, _ lines: [InkLine]) throws -> ReadingFigures {
        try ReadingFigures.of(model, on: lines.map(LabelledSegment.init), threads: threads)
    }

    // MARK: Parts

    /// One trial. Gives what serves after it.
    private func run(_ input: inout Trial.Input, _ result: inout Result) throws -> Model {
        guard rules.suffices(input.segments.map { _ in false } + input.heldOut.map { _ in true }) else {
            return input.serving
        }
        input.rehearsal = rehearsal
        input.importance = importance
        input.threads = threads
        let began = ContinuousClock.now
        let trial = try Trial.run(input, plan: plan, gate: gate)
        result.seconds = (ContinuousClock.now - began) / .seconds(1)
        result.verdict = trial.verdict
        guard trial.verdict.isPromoted else { return input.serving }
        let network = base.model.network
        return base.model.with(
            network: try Network(
                architecture: network.architecture, parameters: trial.parameters, precision: network.precision,
                instructionSet: network.instructionSet))
    }

    /// The corrections of the hand's owner that pass the check and are trusted.
    private func corrections(
        of hand: Hand, by model: Model
    ) throws -> (taken: [InkLine], refused: Int, quarantined: Int) {
        let chosen = try choice.chosen(lines, of: hand.reserve, by: model, seed: seed)
        let offered = poison?.applied(to: chosen, seed: seed) ?? chosen
        let taken = try offered.filter {
            try check.refusal(of: $0.text ?? "", for: LabelledSegment($0).evidence, by: model) == nil
        }
        let trusted = try taken.filter {
            try !trust.isDoubtful($0.text ?? "", for: LabelledSegment($0).evidence, by: base.model)
        }
        let standing = SourceStanding(corrections: taken.count, doubtful: taken.count - trusted.count)
        let learned = trust.isDistrusted(standing) ? [] : trusted
        return (learned, offered.count - taken.count, taken.count - learned.count)
    }

    /// As the journal divides them.
    private static func divided(_ lines: [InkLine]) -> (training: [InkLine], heldOut: [InkLine]) {
        let isHeldOut = lines.indices.map(JournalRules.isHeldOut(after:))
        return (
            lines.indices.filter { !isHeldOut[$0] }.map { lines[$0] },
            lines.indices.filter { isHeldOut[$0] }.map { lines[$0] }
        )
    }

    private static func name(of line: InkLine) -> String { "\(line.source ?? "")/\(line.writer ?? "")" }
}
