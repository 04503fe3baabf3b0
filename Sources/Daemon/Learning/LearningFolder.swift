import DuctusAdaptation
import DuctusRecognition
import DuctusStreaming
import Foundation
import Synchronization

/// What one pipeline has learned: its journal, its generations, and the models made of them.
package final class LearningFolder: Sendable {
    package let pipeline: String
    package let journal: Journal
    package let store: GenerationStore
    package let models: GenerationModels
    /// Confident finals, where the operator wants them kept.
    package let reservoir: Reservoir?
    /// The base's card.
    let card: String
    /// Held while what serves is taken from disk, so that a later decision is never undone by an earlier one.
    private let loading = Mutex(())

    /// Opens `<state>/learning/<pipeline>`, or begins it, and loads the shared generation that serves.
    ///
    /// - Throws: `JournalError`, `GenerationError`, `ModelError`, or what keeps the folder from being made.
    package init(
        _ settings: PipelineSettings, model: Model, locations: Locations, learning: Configuration.AdaptationSettings
    ) throws {
        pipeline = settings.name
        let folder = URL(filePath: locations.state).appending(path: "learning").appending(path: settings.name)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        journal = try Journal(at: folder.appending(path: "journal.sqlite"))
        store = try GenerationStore(folder: folder.appending(path: "generations"), keeping: learning.generationsKept)
        let kept = folder.appending(path: "reservoir.sqlite")
        if !learning.reservoir { Reservoir.remove(at: kept) }
        reservoir = learning.reservoir ? try Reservoir(at: kept) : nil
        // A file that cannot be used is told at the start, not hours later by the first training.
        _ = try model.importance()
        models = GenerationModels(base: BaseModel(model))
        let path = locations.model(settings.model).map { URL(filePath: $0).appending(path: "README.md") }
        card = path.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
        try load(.shared)
    }

    /// Puts the generation that serves a scope, as the disk has it, into the lanes.
    package func load(_ scope: Scope) throws(GenerationError) {
        let result: Result<Void, GenerationError> = loading.withLock { _ in
            do throws(GenerationError) { return .success(try loadAlone(scope)) } catch { return .failure(error) }
        }
        try result.get()
    }

    private func loadAlone(_ scope: Scope) throws(GenerationError) {
        let number = store.current(of: scope)
        guard number > 0 else {
            switch scope {
            case .shared: models.serve(Served(model: models.base.model, generation: .init(number: 0)), to: .shared)
            case .writer(let writer): models.forget(writer)
            }
            return
        }
        let name = GenerationName(writer: scope.writer, number: number)
        let model = try store.model(of: name, over: models.base)
        models.serve(Served(model: model, generation: .init(name)), to: scope)
    }

    /// What a scope reads with, loaded from disk if need be.
    package func serving(_ scope: Scope) throws(GenerationError) -> Served {
        if scope != .shared, store.current(of: scope) > 0 { try load(scope) }
        return models.current(for: scope.writer)
    }

    /// What everyone's weights must go on reading, besides the reservoir.
    ///
    /// - Parameters:
    ///   - ink: the operator's, or simulated; of a sensor there is none, and corrections that an earlier training was measured with
    ///     stand in.
    ///   - corrections: those of everyone that are learned from.
    func canary(_ ink: [LabelledSegment], _ corrections: [JournaledCorrection]) -> [LabelledSegment] {
        switch models.base.model.input {
        case .ink: ink
        case .vectors: corrections.filter { $0.isHeldOut && $0.state == .learned }.map(\.correction.labelled)
        }
    }

    /// Scopes whose generation descends from another base than the shipped one.
    package var outdated: [Scope] {
        let hash = models.base.hash
        return ([Scope.shared] + store.writers().map(Scope.writer)).filter { scope in
            let number = store.current(of: scope)
            guard number > 0, let record = try? store.record(of: .init(writer: scope.writer, number: number)) else {
                return false
            }
            return record.baseHash != hash
        }
    }
}
