import DuctusNetwork
import DuctusRecognition

/// One training run with the gate's verdict on it: what the daemon does after corrections, and `ductus adapt` off line.
public struct Trial: Sendable {
    /// The input of a trial. It needs no journal and no clock.
    public struct Input: Sendable {
        /// The scope whose weights are trained.
        public var scope: Scope
        /// The model that the weights are pulled to.
        public var base: BaseModel
        /// The model that serves the scope now.
        public var serving: Model
        /// The weights that the training starts from: the shared generation for a writer, the base for the shared
        /// scope. So a generation is a function of its corrections, and no correction is applied twice.
        public var start: Model
        /// Corrections to train on.
        public var segments: [LabelledSegment]
        /// Corrections to measure on, never to train on.
        public var heldOut: [LabelledSegment]
        /// Held-out corrections from before the newest ones: they decide with the others whether a candidate is contradicted.
        public var anchors: [LabelledSegment] = []
        /// Labelled lines of others, mixed into the training so that it does not forget.
        public var rehearsal: [LabelledSegment] = []
        /// The importance of each weight, in place of the base's own; see `LearningPlan.isElastic`.
        public var importance: [Float]?
        /// Lines to measure on, never to train on; the gate looks at them for the shared scope.
        public var canary: [LabelledSegment] = []
        /// Threads that train and measure.
        public var threads = 1

        /// The input of a trial.
        ///
        /// - Parameters:
        ///   - serving: the model that reads at present.
        ///   - start: the model whose weights the training begins with.
        ///   - heldOut: what the gate measures; never trained on.
        public init(
            scope: Scope, base: BaseModel, serving: Model, start: Model, segments: [LabelledSegment],
            heldOut: [LabelledSegment]
        ) {
            self.scope = scope
            self.base = base
            self.serving = serving
            self.start = start
            self.segments = segments
            self.heldOut = heldOut
        }

        /// Corrections as the journal has them: what is held out there is held out here.
        public init(
            scope: Scope, base: BaseModel, serving: Model, start: Model, corrections: [JournaledCorrection]
        ) {
            self.init(
                scope: scope, base: base, serving: serving, start: start,
                segments: corrections.filter { !$0.isHeldOut }.map(\.correction.labelled),
                heldOut: corrections.filter(\.isHeldOut).map(\.correction.labelled))
        }
    }

    /// The gate's decision.
    public var verdict: GateVerdict
    /// The weights that the verdict is about, as they would be read back from disk.
    public var parameters: [Float]
    /// The share of the training's change that they keep.
    public var share: Float

    /// The result of a trial. `share` is the part of the training's change that the weights keep, 0…1.
    public init(verdict: GateVerdict, parameters: [Float], share: Float) {
        self.verdict = verdict
        self.parameters = parameters
        self.share = share
    }

    /// Trains, then lets the gate look at ever smaller shares of the change until one passes.
    ///
    /// - Parameter pause: called often; it may take its time, and what it throws ends the trial.
    /// - Throws: `LearningError`, `NetworkError`, `ModelError`.
    public static func run(
        _ input: Input, plan: LearningPlan, gate: Gate, pause: () throws -> Void = {}
    ) throws -> Trial {
        let measured = input.scope == .shared ? input.canary : []
        let checked = input.heldOut + input.anchors
        let sources = checked.map(\.source)
        let serving = try ReadingFigures.ofEach(input.serving, on: checked, threads: input.threads, pause: pause)
        var references = [serving]
        if input.serving.network.parameters != input.start.network.parameters {
            references.append(
                try ReadingFigures.ofEach(input.start, on: checked, threads: input.threads, pause: pause))
        }
        let heldOut = { (figures: [ReadingFigures]) in
            figures.prefix(input.heldOut.count).reduce(ReadingFigures(), +)
        }
        let canaryBefore = measured.isEmpty ? nil : try canaryReference(input, pause)
        let importance = plan.isElastic ? try input.importance ?? input.base.model.importance() : nil
        let learned = try Learner(plan: plan, threads: input.threads).train(
            input.start, base: input.base.model.network.parameters, importance: importance, segments: input.segments,
            heldOut: input.heldOut, rehearsal: input.rehearsal, pause: pause)
        var first: Trial?
        for share in plan.shares.isEmpty ? [1] : plan.shares {
            let parameters = input.base.rounded(
                zip(input.start.network.parameters, learned.parameters).map { $0 + share * ($1 - $0) })
            let network = input.start.network
            let candidate = input.start.with(
                network: try Network(
                    architecture: network.architecture, parameters: parameters, precision: network.precision,
                    instructionSet: network.instructionSet))
            let read = try ReadingFigures.ofEach(candidate, on: checked, threads: input.threads, pause: pause)
            let figures = GateFigures(
                heldOutBefore: heldOut(serving), heldOutAfter: heldOut(read), canaryBefore: canaryBefore,
                canaryAfter: measured.isEmpty
                    ? nil : try ReadingFigures.of(candidate, on: measured, threads: input.threads, pause: pause),
                contradictions: Contradictions(of: read, against: references, sources: sources))
            let trial = Trial(verdict: gate.verdict(on: figures), parameters: parameters, share: share)
            if trial.verdict.isPromoted { return trial }
            first = first ?? trial
        }
        guard let first else { throw LearningError.nothingToLearn }
        return first
    }

    /// Reads the canary with the serving weights and with the base, and takes the better, so that small losses do not
    /// add up.
    private static func canaryReference(_ input: Input, _ pause: () throws -> Void) throws -> ReadingFigures {
        let serving = try ReadingFigures.of(input.serving, on: input.canary, threads: input.threads, pause: pause)
        guard input.serving.network.parameters != input.base.model.network.parameters else { return serving }
        let base = try ReadingFigures.of(input.base.model, on: input.canary, threads: input.threads, pause: pause)
        return base.cer < serving.cer ? base : serving
    }
}
