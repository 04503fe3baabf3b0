import DuctusAdaptation
import DuctusRecognition
import DuctusStreaming
import Foundation
import Synchronization

/// Loads models whose folder is another one, or whose files changed, while the old ones serve.
package final class ModelReload: Sendable {
    /// A model that is loaded and waits to be taken into use.
    package struct Replacement: Sendable {
        let pipeline: String
        let path: String
        let take: @Sendable () -> Void

        /// Takes effect from the next segment on. Returns the message for the operator.
        func apply() -> String {
            take()
            return "pipelines[\(pipeline)]: model read again from \(path)"
        }
    }

    /// Files of a model folder with their sizes and times.
    private typealias Fingerprint = [String: String]

    private let pipelines: PipelineSet
    private let fingerprints: Mutex<[String: Fingerprint]>

    package init(_ pipelines: PipelineSet, locations: Locations) {
        self.pipelines = pipelines
        var seen: [String: Fingerprint] = [:]
        for entry in pipelines.entries {
            if let path = locations.model(entry.settings.model) {
                seen[entry.settings.name] = Self.fingerprint(of: path)
            }
        }
        fingerprints = Mutex(seen)
    }

    /// - Throws: `ServerFault`, for a model that is missing or does not fit.
    func load(_ settings: [PipelineSettings], locations: Locations) throws -> [Replacement] {
        var replacements: [Replacement] = []
        for setting in settings {
            guard let entry = pipelines.entries.first(where: { $0.settings.name == setting.name }) else { continue }
            guard let path = locations.model(setting.model) else {
                throw ServerFault.noModel(setting.model, pipeline: setting.name, searched: locations.models)
            }
            let fingerprint = Self.fingerprint(of: path)
            guard fingerprint != fingerprints.withLock({ $0[setting.name] }) else { continue }
            let model = try PipelineSet.model(for: setting, locations: locations)
            guard let store = entry.models as? any ReplaceableModelStore else {
                throw ServerFault.unusableModel(
                    pipeline: setting.name,
                    reason: "its weights have learned from corrections; restart the daemon to begin from another model")
            }
            replacements.append(
                Replacement(pipeline: setting.name, path: path) { [self] in
                    store.replace(base: model)
                    fingerprints.withLock { $0[setting.name] = fingerprint }
                })
        }
        return replacements
    }

    private static func fingerprint(of path: String) -> Fingerprint {
        let manager = FileManager.default
        let names = (try? manager.contentsOfDirectory(atPath: path)) ?? [""]
        var fingerprint: Fingerprint = ["": path]
        for name in names.sorted() {
            let attributes = try? manager.attributesOfItem(atPath: name.isEmpty ? path : "\(path)/\(name)")
            let time = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            fingerprint[name.isEmpty ? "file" : name] =
                "\(attributes?[.size] ?? 0) \(time) \(attributes?[.systemFileNumber] ?? 0)"
        }
        return fingerprint
    }
}

/// A model store whose base weights can be replaced while segments are read.
package protocol ReplaceableModelStore: ModelStore {
    /// Segments that open from now on are read with `base`.
    func replace(base: Model)
}

extension GenerationModels: ReplaceableModelStore {}

extension SharedModel: ReplaceableModelStore {
    package func replace(base: Model) {
        replace(with: Served(model: base, generation: .init(number: 0)))
    }
}
