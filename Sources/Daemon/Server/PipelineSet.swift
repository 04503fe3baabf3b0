import DuctusNetwork
import DuctusRecognition
import DuctusStreaming
import Foundation

/// The configured pipelines with their models, and which of them reads a stream.
package struct PipelineSet: Sendable {
    /// A pipeline, the streams it reads, and where its shared generation is kept.
    package struct Entry: Sendable {
        package var settings: PipelineSettings
        package var pipeline: Pipeline
        package var models: any ModelStore

        package init(settings: PipelineSettings, pipeline: Pipeline, models: any ModelStore) {
            self.settings = settings
            self.pipeline = pipeline
            self.models = models
        }
    }

    package let entries: [Entry]
    /// The pipelines with the streams' prefixes that they read, the longest prefix first.
    private let routes: [(prefix: String, pipeline: Pipeline)]

    /// Gives a pipeline its models, once its base is loaded: by default one generation for everyone.
    package typealias MakeStore = (PipelineSettings, Model) throws -> any ModelStore

    package init(entries: [Entry]) {
        self.entries = entries
        // The later of two with the same prefix comes first.
        routes = entries.enumerated()
            .sorted { a, b in
                (a.element.settings.streams.utf8.count, a.offset) > (b.element.settings.streams.utf8.count, b.offset)
            }
            .map { ($0.element.settings.streams, $0.element.pipeline) }
    }

    /// Loads the models, each folder once.
    ///
    /// - Throws: `ServerFault.noModel`, `ServerFault.unusableModel`.
    package init(
        _ settings: [PipelineSettings], locations: Locations,
        makeStore: MakeStore = { _, model in SharedModel(Served(model: model, generation: .init(number: 0))) }
    ) throws {
        var loaded: [String: Model] = [:]
        let entries = try settings.map { settings in
            let model = try Self.load(settings, locations: locations, loaded: &loaded)
            let models = try makeStore(settings, model)
            let pipeline = Pipeline(
                name: settings.name, input: settings.input.kind, models: models,
                decoding: settings.decoding == .beam ? .beam : .bestPath, window: settings.window,
                endpoint: settings.endpoint, alternatives: settings.alternatives)
            return Entry(settings: settings, pipeline: pipeline, models: models)
        }
        self.init(entries: entries)
    }

    /// The pipeline that reads `stream`: of those whose prefix it has, the one with the longest.
    package func pipeline(for stream: StreamName, input: Pipeline.Input) -> Pipeline? {
        routes.first { $0.pipeline.input == input && ($0.prefix.isEmpty || stream.text.hasPrefix($0.prefix)) }?.pipeline
    }

    /// The model that a pipeline asks for, loaded anew.
    ///
    /// - Throws: `ServerFault.noModel`, `ServerFault.unusableModel`.
    static func model(for settings: PipelineSettings, locations: Locations) throws -> Model {
        var loaded: [String: Model] = [:]
        return try load(settings, locations: locations, loaded: &loaded)
    }

    private static func load(
        _ settings: PipelineSettings, locations: Locations, loaded: inout [String: Model]
    ) throws -> Model {
        guard let path = locations.model(settings.model) else {
            throw ServerFault.noModel(settings.model, pipeline: settings.name, searched: locations.models)
        }
        let key = [path, settings.languageModel ? "with" : "without", settings.words ?? ""].joined(separator: "\u{0}")
        if let model = loaded[key] { return model }
        do {
            var model = try Model(contentsOf: URL(filePath: path))
            if !settings.languageModel { model = model.withoutLanguageModel() }
            if let words = settings.words { model = try model.with(wordsOf: URL(filePath: words)) }
            try checkInput(of: model, settings)
            loaded[key] = model
            return model
        } catch let fault as ServerFault {
            throw fault
        } catch {
            throw ServerFault.unusableModel(pipeline: settings.name, reason: "\(error)")
        }
    }

    private static func checkInput(of model: Model, _ settings: PipelineSettings) throws(ServerFault) {
        guard model.input.name != settings.input.rawValue else { return }
        throw .unusableModel(
            pipeline: settings.name,
            reason: "model \(settings.model) reads \(model.input.name), but the input is \(settings.input.rawValue)")
    }
}

/// The errors that keep the daemon from starting.
package enum ServerFault: Error, Equatable, CustomStringConvertible {
    case noModel(String, pipeline: String, searched: [String])
    case unusableModel(pipeline: String, reason: String)
    case runtimeDirectory(path: String, reason: String)
    case alreadyRunning(path: String)

    package var description: String {
        switch self {
        case .noModel(let name, let pipeline, let searched):
            "pipeline \(pipeline): there is no model '\(name)' in \(searched.joined(separator: ", ")); set pipelines.model to a folder"
        case .unusableModel(let pipeline, let reason): "pipeline \(pipeline): \(reason)"
        case .runtimeDirectory(let path, let reason):
            "cannot use the runtime directory \(path): \(reason); set directories.runtime to one that can be written"
        case .alreadyRunning(let path):
            "another ductusd serves \(path); stop it, or give this one another directories.runtime"
        }
    }
}
