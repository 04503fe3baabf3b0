import AdaptationTestSupport
import DuctusAdaptation
import DuctusFoundations
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import Foundation
import StreamingTestSupport
import Synchronization
import Testing

/// A learning service on real stores, whose trainings the test begins and interrupts where it likes: `queue.runNext()` trains on the test's
/// own thread, and `atPause` runs at each pause of a training.
///
/// The trainer is a stand-in: it pauses a few times and gives weights that pass the gate. What is tested is what the service and the queue
/// make of it.
final class LearningServiceScene: Sendable {
    let service: LearningService
    let queue = TrainingQueue()
    let clock = HandClock()
    private let hooks = Hooks()

    /// What happens while a training runs.
    final class Hooks: Sendable {
        private let state = Mutex<(atPause: (@Sendable (Scope, Int) -> Void)?, begun: [Scope], input: [Trial.Input])>(
            (nil, [], []))

        func set(_ atPause: (@Sendable (Scope, Int) -> Void)?) { state.withLock { $0.atPause = atPause } }
        func begin(_ input: Trial.Input) {
            state.withLock {
                $0.begun.append(input.scope)
                $0.input.append(input)
            }
        }
        func pause(_ scope: Scope, _ step: Int) { state.withLock { $0.atPause }?(scope, step) }
        var begun: [Scope] { state.withLock { $0.begun } }
        var inputs: [Trial.Input] { state.withLock { $0.input } }
    }

    static let pauses = 3

    /// - Parameter watching: what is told of each file that is fetched to serve a scope, before the weights are made ready.
    init(
        in folder: TemporaryFolder, model: Model? = nil, canary: [LabelledSegment] = [],
        watching: (@Sendable (Scope) -> Void)? = nil
    ) throws {
        let state = folder.url.appending(path: "state")
        let directory = StateDirectory(state.path)
        let journal = SQLiteJournal(at: state.appending(path: "journal.sqlite"), in: directory)
        let archive = FileArchive(folder: state.appending(path: "generations"), keeping: 3, in: directory)
        service = LearningService(
            "ink", journal: journal, archive: watching.map { WatchedArchive(archive, watching: $0) } ?? archive,
            models: GenerationModels(base: BaseModel(try model ?? TinyModel.make(wildness: 0.01))), words: journal,
            canary: canary, queue: queue, clock: clock,
            trainer: { [hooks] input, _, _, pause in
                hooks.begin(input)
                for step in 1...Self.pauses {
                    hooks.pause(input.scope, step)
                    try pause()
                }
                return Trial(
                    verdict: .promoted(figures(held: (9, 9), (8, 8))),
                    parameters: input.base.rounded(input.start.network.parameters.map { $0 + 0.001 }), share: 1)
            })
        service.check()
    }

    deinit {
        queue.stop()
        service.close()
    }

    /// Runs at each pause of a training, of which the number counts from 1.
    func atPause(_ body: (@Sendable (Scope, Int) -> Void)?) { hooks.set(body) }
    /// The scopes whose training began, in order.
    var begun: [Scope] { hooks.begun }
    var inputs: [Trial.Input] { hooks.inputs }

    /// Lines of a writer are read, and corrected to what they say, or to `text`.
    @discardableResult
    func correct(
        _ numbers: ClosedRange<UInt64>, of writer: String?, stream: String = "desk", as text: String = "no"
    ) throws -> [JournaledCorrection] {
        try numbers.map { number in
            try finish(number, of: writer, stream: stream)
            guard case .known(let segment) = service.place(of: number, in: .named(stream)) else {
                throw CorrectionFault.forgotten
            }
            return try service.correct(segment, to: text)
        }
    }

    func finish(_ number: UInt64, of writer: String?, stream: String = "desk") throws {
        let line = try SimulatedPen(writer: Writer(seed: 14)).line("no", seed: number)
        try finish(line, number, of: writer, stream: stream, text: "no")
    }

    func finish(_ line: InkLine, _ number: UInt64, of writer: String?, stream: String, text: String) throws {
        let event = LabelEvent(
            stream: .named(stream), epoch: 1, number: number, segment: number, state: .final, text: text, committed: 0,
            symbols: [], generation: .init(number: 0), sampleCount: line.sampleCount,
            stamps: .init(arrived: 0, decided: 0, published: 0))
        _ = service.remember(
            FinishedSegment(event: event, pipeline: service.pipeline, writer: writer, evidence: .ink(line.strokes)))
    }

    func serving(_ writer: String?) -> LabelEvent.Generation { service.models.current(for: writer).generation }

    /// What the service has told since the last call.
    func told() -> [LearningEvent] { service.events.take() }
}
