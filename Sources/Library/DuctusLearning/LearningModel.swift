import Dispatch
import Ductus
import DuctusAdaptation
import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import Foundation
import Synchronization

/// A model that learns from corrections and keeps what it learned in a folder.
///
///     let learning = try LearningModel(model, folder: URL(filePath: "learned"))
///     let pen = try learning.makeReader().makePen(writer: "anna")
///     …
///     try learning.correct(final, to: "quick brown fox")
///
/// A correction is on disk when `correct` returns. New weights serve only after they read held-out corrections better,
/// and other lines not worse. A writer's corrections change that writer's own weights first. The daemon uses the same
/// rules. Used from any thread.
public final class LearningModel: Sendable {
    private let service: LearningService
    private let training: TrainingQueue
    private let directory: StateDirectory
    private let trainsInBackground: Bool
    private let told = DispatchQueue(label: "learning events")
    private let checks = Mutex<(any DispatchSourceTimer)?>(nil)

    /// Seconds between two looks at whether the folder can be used.
    private static let checkInterval = 5.0
    /// Shared generations that are kept, besides the model itself.
    private static let generationsKept = 3

    /// - Parameters:
    ///   - model: the base of all learned weights. With an `importance.safetensors`, learned weights stay near it.
    ///   - folder: the folder of corrections and weights. It is created if it is missing, and locked against other
    ///     processes.
    ///   - trainsInBackground: whether a thread of low priority trains by itself; otherwise ``train()`` does.
    ///   - events: called with the events in their order, on a queue of its own.
    /// - Throws: `StateFault` where another process holds the folder, or it cannot be used; `ModelError` for an importance file that cannot.
    public init(
        _ model: Model, folder: URL, trainsInBackground: Bool = true,
        events: @escaping @Sendable (LearningEvent) -> Void = { _ in }
    ) throws {
        _ = try model.importance()
        directory = StateDirectory(folder.path)
        try directory.hold()
        let queue = TrainingQueue()
        training = queue
        self.trainsInBackground = trainsInBackground
        let journal = SQLiteJournal(at: folder.appending(path: "journal.sqlite"), in: directory)
        let service = LearningService(
            "live", journal: journal,
            archive: FileArchive(
                folder: folder.appending(path: "generations"), keeping: Self.generationsKept, in: directory),
            models: GenerationModels(base: BaseModel(model)), words: journal, queue: queue, clock: SystemClock())
        self.service = service
        service.events.follow(on: told, events)
        service.start()
        checks.withLock { [told] checks in
            let timer = DispatchSource.makeTimerSource(queue: told)
            timer.schedule(deadline: .now() + Self.checkInterval, repeating: Self.checkInterval)
            timer.setEventHandler { [weak service] in service?.check() }
            timer.activate()
            checks = timer
        }
        if trainsInBackground { training.start() }
    }

    deinit { close() }

    /// Reads live streams with the newest weights of each writer. Lines keep the weights that they began with, but for a writer whose first
    /// own weights come meanwhile: their finals are read with these.
    public func makeReader(options: LiveOptions = LiveOptions()) -> LiveReader {
        LiveReader(service.models, options: options) { [service] segment in _ = service.remember(segment) }
    }

    /// The weights that serve a writer at present; of nil, everyone else.
    ///
    /// Where a writer's weights are still on disk, the shared ones serve until they are loaded.
    public func model(of writer: String? = nil) -> Model { service.models.current(for: writer).model }

    /// Keeps a correction of a line, and learns from it.
    ///
    /// - Parameters:
    ///   - label: a final label of a reader of this model. The lines of the last hours are remembered, within bounds of memory.
    ///   - text: in the model's alphabet.
    /// - Returns: the entry in the journal. A correction that contradicts a confident reading is quarantined until
    ///   better weights agree with it.
    /// - Throws: ``LearningFault``, ``CorrectionFault``.
    @discardableResult
    public func correct(_ label: Label, to text: String) throws -> JournaledCorrection {
        guard label.isFinal else { throw LearningFault.partial }
        guard let stream = StreamName(label.stream),
            case .known(let segment) = service.place(of: label.line, in: stream)
        else { throw CorrectionFault.forgotten }
        return try service.correct(segment, to: text)
    }

    /// Trains on the calling thread, until nothing is left to learn. For models that do not train in the background.
    ///
    /// - Returns: how many trainings were carried out; their verdicts are told as events.
    /// - Throws: ``LearningFault/trainsInBackground``.
    @discardableResult
    public func train() throws -> Int {
        guard !trainsInBackground else { throw LearningFault.trainsInBackground }
        var count = 0
        while training.runNext() { count += 1 }
        return count
    }

    /// Makes an earlier generation serve again.
    ///
    /// - Returns: what served before.
    /// - Throws: `GenerationError` where there is none of that name.
    @discardableResult
    public func rollback(to generation: GenerationName) throws -> GenerationName {
        try service.rollback(to: generation)
    }

    /// Removes everything that was kept of somebody: corrections, remembered lines, own weights.
    ///
    /// - Returns: how many corrections there were.
    @discardableResult
    public func erase(_ owner: CorrectionOwner) throws -> Int { try service.erase(owner).corrections }

    /// Ends a training that runs, and lets go of the folder. What it would have learned is learned next time.
    public func close() {
        checks.withLock { $0?.cancel() }
        training.stop()
        service.close()
        directory.release()
    }
}

/// The errors of a learning model.
public enum LearningFault: Error, Equatable, CustomStringConvertible {
    /// A partial label cannot be corrected: more of the line may come.
    case partial
    /// The model trains by itself.
    case trainsInBackground

    public var description: String {
        switch self {
        case .partial: "only a final label can be corrected: wait for it, or end the line"
        case .trainsInBackground:
            "the model trains in the background; make it with trainsInBackground: false to call train()"
        }
    }
}
