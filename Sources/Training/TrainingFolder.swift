import DuctusRecognition
import Foundation

/// The folder of a training run: recipe, checkpoint, metrics, learning curve and model.
public struct TrainingFolder {
    /// The folder's place.
    public let url: URL
    /// The weights, and the optimizer's state, from which a run goes on.
    public var checkpoint: URL { url.appending(path: "checkpoint.safetensors") }
    private var recipeFile: URL { url.appending(path: "recipe.json") }

    /// The folder at `url`. Nothing is read or made yet.
    public init(_ url: URL) {
        self.url = url
    }

    /// The recipe kept here; the built-in one where there is none.
    public func recipe() throws -> Recipe {
        FileManager.default.fileExists(atPath: recipeFile.path) ? try Recipe(contentsOf: recipeFile) : Recipe()
    }

    public func write(_ recipe: Recipe) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(recipe).write(to: recipeFile, options: .atomic)
    }

    /// Writes the weights as the recipe that is kept here has them stored.
    public func write(_ model: Model) throws {
        try model.weightFile().write(to: url.appending(path: Model.File.weights), storage: recipe().storage)
    }

    /// The metrics file, one JSON object per epoch, and the learning curve.
    public func write(_ history: [EpochRecord]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var lines = Data()
        for record in history {
            lines.append(try encoder.encode(record))
            lines.append(UInt8(ascii: "\n"))
        }
        try lines.write(to: url.appending(path: "metrics.ndjson"), options: .atomic)
        let curve = LearningCurve(history).drawing().svg()
        try Data(curve.utf8).write(to: url.appending(path: "learning-curve.svg"), options: .atomic)
    }
}
