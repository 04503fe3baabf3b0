import ArgumentParser
import DuctusDecoding
import DuctusNetwork
import DuctusRecognition
import Foundation

extension Recognizer.Decoding: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

/// The options of every command that reads with a model.
struct ModelOptions: ParsableArguments {
    @Option(help: "Model folder or weight file. Default: models/english here, or the installed one.")
    var model: String?

    @Option(name: .customLong("decoder"), help: "How posteriors become text.")
    var decoding: Recognizer.Decoding = .beam

    @Option(
        help:
            "A language model instead of the model folder's own: n-gram file, ARPA, or a recurrent one (.safetensors).")
    var languageModel: String?

    @Option(
        help:
            "Words to expect, one a line, where wanted with a weight behind a tab: a user's own beside the model's lexicon."
    )
    var words: String?

    @Option(help: "Weights in 32 bits (exact) or 16 (faster).")
    var precision: Precision = .fp32

    /// Loads the model that the options name.
    func load() throws -> Model {
        var loaded = try Model(contentsOf: Self.location(of: model), precision: precision)
        if let languageModel {
            let file = URL(filePath: languageModel)
            loaded =
                RecurrentLanguageModel.isWeightFile(file)
                ? loaded.with(recurrentLanguageModel: try RecurrentLanguageModel(contentsOf: file, precision: .bf16))
                : loaded.with(languageModel: try LanguageModel(contentsOf: file))
        }
        if let words { loaded = try loaded.with(wordsOf: URL(filePath: words)) }
        return loaded
    }

    /// The location of a model: as named, or the first of the usual places that exists.
    static func location(of name: String?, default model: String = "english") -> URL {
        if let name { return URL(filePath: name) }
        let program = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let places = [
            URL(filePath: "models/\(model)"), program.appending(path: "../share/ductus/models/\(model)").standardized,
            URL(filePath: "/usr/share/ductus/models/\(model)"),
        ]
        return places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[0]
    }
}
