import Adaptation
import Foundation
import Ink
import Recognition
import Streaming

/// What one pipeline has learned: its journal, its generations, and the models made of them.
final class LearningFolder: Sendable {
    let pipeline: String
    let journal: Journal
    let store: GenerationStore
    let models: GenerationModels
    /// The base's card.
    let card: String

    /// Opens `<state>/learning/<pipeline>`, or begins it, and loads the shared generation that serves.
    ///
    /// - Throws: `JournalError`, `GenerationError`, or what keeps the folder from being made.
    init(_ settings: PipelineSettings, model: Model, locations: Locations, keeping: Int) throws {
        pipeline = settings.name
        let folder = URL(filePath: locations.state).appending(path: "learning").appending(path: settings.name)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        journal = try Journal(at: folder.appending(path: "journal.sqlite"))
        store = try GenerationStore(folder: folder.appending(path: "generations"), keeping: keeping)
        models = GenerationModels(base: BaseModel(model))
        let path = locations.model(settings.model).map { URL(filePath: $0).appending(path: "README.md") }
        card = path.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
        try load(.shared)
    }

    /// Puts the generation that serves a scope, as the disk has it, into the lanes.
    func load(_ scope: Scope) throws(GenerationError) {
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
    func serving(_ scope: Scope) throws(GenerationError) -> Served {
        if scope != .shared, store.current(of: scope) > 0 { try load(scope) }
        return models.current(for: scope.writer)
    }

    /// Scopes whose generation descends from another base than the shipped one.
    var outdated: [Scope] {
        let hash = models.base.hash
        return ([Scope.shared] + store.writers().map(Scope.writer)).filter { scope in
            let number = store.current(of: scope)
            guard number > 0, let record = try? store.record(of: .init(writer: scope.writer, number: number)) else { return false }
            return record.baseHash != hash
        }
    }
}
