import Ink
import Network
import Recognition

/// One training run with the gate's verdict on it: what the daemon does after corrections, and `ductus adapt` off line.
public struct Trial: Sendable {
    /// What is needed, and no more: no journal, no clock.
    public struct Input: Sendable {
        public var scope: Scope
        public var base: BaseModel
        /// What serves the scope now.
        public var serving: Model
        /// What the training begins with: for a writer the shared generation, for the shared scope the base, so that a generation is a
        /// function of the corrections and nothing is applied twice.
        public var start: Model
        public var lines: [InkLine]
        public var heldOut: [InkLine]
        public var rehearsal: [InkLine] = []
        /// How strongly each weight of the base pulls; all alike where nil.
        public var importance: [Float]?
        /// Ink to measure on, never to train on; the gate looks at it for the shared scope.
        public var canary: [InkLine] = []
        public var threads = 1

        public init(
            scope: Scope, base: BaseModel, serving: Model, start: Model, lines: [InkLine], heldOut: [InkLine]
        ) {
            self.scope = scope
            self.base = base
            self.serving = serving
            self.start = start
            self.lines = lines
            self.heldOut = heldOut
        }

        /// Corrections as the journal has them: what is held out there is held out here.
        public init(
            scope: Scope, base: BaseModel, serving: Model, start: Model, corrections: [JournaledCorrection]
        ) {
            self.init(
                scope: scope, base: base, serving: serving, start: start,
                lines: corrections.filter { !$0.isHeldOut }.map(\.correction.line),
                heldOut: corrections.filter(\.isHeldOut).map(\.correction.line))
        }
    }

    public var verdict: GateVerdict
    /// The weights that the verdict is about, as they would be read back from disk.
    public var parameters: [Float]
    /// How much of the training's change they keep.
    public var share: Float

    /// Trains, then lets the gate look at ever smaller shares of the change until one passes.
    ///
    /// - Throws: `LearningError`, `NetworkError`, `ModelError`.
    public static func run(
        _ input: Input, plan: LearningPlan, gate: Gate, isCancelled: () -> Bool = { false }
    ) throws -> Trial {
        let measured = input.scope == .shared ? input.canary : []
        let before = try ReadingFigures.of(input.serving, on: input.heldOut, threads: input.threads)
        let canaryBefore =
            measured.isEmpty ? nil : try ReadingFigures.of(input.serving, on: measured, threads: input.threads)
        let learned = try Learner(plan: plan, threads: input.threads).train(
            input.start, base: input.base.model.network.parameters, importance: input.importance, lines: input.lines, heldOut: input.heldOut,
            rehearsal: input.rehearsal, isCancelled: isCancelled)
        var first: Trial?
        for share in plan.shares.isEmpty ? [1] : plan.shares {
            guard !isCancelled() else { throw LearningError.cancelled }
            let parameters = input.base.rounded(
                zip(input.start.network.parameters, learned.parameters).map { $0 + share * ($1 - $0) })
            let network = input.start.network
            let candidate = input.start.with(
                network: try Network(
                    architecture: network.architecture, parameters: parameters, precision: network.precision,
                    instructionSet: network.instructionSet))
            let figures = GateFigures(
                heldOutBefore: before,
                heldOutAfter: try ReadingFigures.of(candidate, on: input.heldOut, threads: input.threads),
                canaryBefore: canaryBefore,
                canaryAfter: measured.isEmpty
                    ? nil : try ReadingFigures.of(candidate, on: measured, threads: input.threads))
            let trial = Trial(verdict: gate.verdict(on: figures), parameters: parameters, share: share)
            if trial.verdict.isPromoted { return trial }
            first = first ?? trial
        }
        guard let first else { throw LearningError.nothingToLearn }
        return first
    }
}
