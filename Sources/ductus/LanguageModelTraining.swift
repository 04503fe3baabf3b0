import ArgumentParser
import DuctusDecoding
import DuctusNetwork
import DuctusRecognition
import DuctusTraining
import Foundation

extension LanguageModelCommand {
    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Train a recurrent language model on text.",
            discussion: """
                Writes into the folder --out: the model (language-model.safetensors, 16 bits per weight), the recipe, a metrics \
                file, and a checkpoint from which --resume continues exactly.
                """)

        @OptionGroup var corpus: CorpusOptions

        @Option(name: .shortAndLong, help: "Folder for the model.")
        var out: String

        @Option(help: "Recipe file. Default: the one in --out, else built-in values.")
        var recipe: String?

        @Flag(help: "Continue from the checkpoint in --out.")
        var resume = false

        @Option(help: "Begin with the weights of this recurrent model instead of random ones.")
        var from: String?

        @Option(help: "Characters to learn from, all steps together, instead of the recipe's.")
        var characters: Int?

        @Option(help: "Threads.", transform: ThreadCount.parse)
        var threads = ProcessInfo.processInfo.activeProcessorCount

        @Option(help: "Measure on so many characters of the text kept out.")
        var measured = 60_000

        func validate() throws {
            guard characters.map({ $0 > 0 }) ?? true, measured > 0 else {
                throw ValidationError("--characters and --measured must be positive")
            }
        }

        func run() throws {
            let folder = URL(filePath: out)
            func exists(_ name: String) -> Bool {
                FileManager.default.fileExists(atPath: folder.appending(path: name).path)
            }
            // A run writes its recipe first: it may have been cut before its first checkpoint.
            let wasCut = exists("recipe.json") && !exists(Model.File.recurrentLanguageModel)
            guard !resume || exists("checkpoint.safetensors") || wasCut else {
                throw ValidationError(
                    "\(out): there is no checkpoint to resume from; leave out --resume to begin anew, or check --out")
            }
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let recipe = try chosenRecipe(in: folder)
            Terminal.error("Reading the text")
            let keptOut = try lines(of: corpus.keptOut(alphabet: recipe.alphabet))
            let run = try LanguageModelRun(
                recipe: recipe, corpus: corpus.training(alphabet: recipe.alphabet), threads: threads,
                checkpoint: folder.appending(path: "checkpoint.safetensors"))
            if let from {
                try run.begin(with: RecurrentLanguageModel(contentsOf: URL(filePath: from)), path: from)
            }
            if resume {
                Terminal.error(
                    try run.resume()
                        ? "Resumed after step \(run.stepsDone)"
                        : "\(out): the run was cut before its first checkpoint, and begins anew")
            }
            Terminal.error(
                "\(run.architecture.parameterCount) weights, \(recipe.steps) steps, \(keptOut.count) lines kept out")
            var bar = ProgressBar(total: recipe.steps)
            let workspace = Workspace()
            try run.run(
                measure: { network in
                    guard !keptOut.isEmpty else { return 0 }
                    let model = try RecurrentLanguageModel(network: network, alphabet: recipe.alphabet)
                    let sum = try model.logProbabilities(of: keptOut, workspace: workspace).reduce(0, +)
                    return -sum / log(2.0) / Double(keptOut.reduce(0) { $0 + $1.count + 1 })
                },
                onStep: { progress in
                    bar.show(progress.step, Self.remark(progress))
                    if progress.step % 200 == 0, !Terminal.isInteractive { Terminal.error(Self.remark(progress)) }
                },
                onLeg: { run in
                    try write(run.history, to: folder)
                    try RecurrentLanguageModel.weightFile(
                        architecture: run.architecture, parameters: run.parameters, alphabet: recipe.alphabet
                    ).write(to: folder.appending(path: Model.File.recurrentLanguageModel), storage: .f16)
                    return true
                })
            Terminal.endStatus()
            Terminal.error("The model is in \(folder.appending(path: Model.File.recurrentLanguageModel).path)")
        }

        private func chosenRecipe(in folder: URL) throws -> LanguageModelRecipe {
            let kept = folder.appending(path: "recipe.json")
            var chosen = LanguageModelRecipe()
            if let recipe {
                chosen = try LanguageModelRecipe(contentsOf: URL(filePath: recipe))
            } else if FileManager.default.fileExists(atPath: kept.path) {
                chosen = try LanguageModelRecipe(contentsOf: kept)
            }
            if let characters { chosen.characters = characters }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(chosen).write(to: kept, options: .atomic)
            return chosen
        }

        /// Lines spread evenly over the text, until they have as many characters as are to be measured.
        private func lines(of corpus: TextCorpus) -> [[LanguageSymbol]] {
            let all = corpus.stream.split(separator: .boundary)
            let every = max(1, corpus.characterCount / measured)
            return stride(from: 0, to: all.count, by: every).map { Array(all[$0]) }
        }

        private func write(_ history: [LanguageModelRun.Record], to folder: URL) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            var data = Data()
            for record in history {
                data.append(try encoder.encode(record))
                data.append(UInt8(ascii: "\n"))
            }
            try data.write(to: folder.appending(path: "metrics.ndjson"), options: .atomic)
        }

        private static func remark(_ progress: LanguageModelRun.Progress) -> String {
            var parts = [
                "step \(progress.step)/\(progress.steps)", String(format: "%.3f bits", progress.bits),
                "\(Int(progress.charactersPerSecond)) characters/s", "\(duration(progress.secondsLeft)) left",
            ]
            if let bits = progress.heldOutBits { parts.insert(String(format: "kept out %.3f bits", bits), at: 2) }
            return parts.joined(separator: "  ")
        }
    }

    struct Text: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "text",
            abstract: "Print the text that training reads: cut, and put as the transcripts are, one line per line.",
            discussion: "A trainer in another program reads what `train` reads: see integrations/pytorch.")

        @OptionGroup var corpus: CorpusOptions

        @Flag(name: .customLong("kept-out"), help: "Print the files kept out instead of the others.")
        var printsKeptOut = false

        @Option(help: "File of the model's symbols, as in build. Default: printable ASCII.")
        var alphabet: String?

        func validate() throws {
            guard !printsKeptOut || corpus.keepOut != nil else {
                throw ValidationError("--kept-out prints what --keep-out leaves out: give that number, too")
            }
        }

        func run() throws {
            let alphabet = try AlphabetFile.read(alphabet)
            let text = try printsKeptOut ? corpus.keptOut(alphabet: alphabet) : corpus.training(alphabet: alphabet)
            for line in text.stream.split(separator: .boundary) {
                print(alphabet.decode(line.map { Int($0) }))
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the averaged weights of a training's checkpoint as a model, 16 bits per weight.")

        @Option(help: "The checkpoint of a training, checkpoint.safetensors in its folder.")
        var checkpoint: String

        @Option(name: .shortAndLong, help: "File to write: language-model.safetensors of a model folder, for example.")
        var out: String

        func run() throws {
            let steps = try LanguageModelRun.export(checkpoint: URL(filePath: checkpoint), to: URL(filePath: out))
            Terminal.error("\(out): the weights after \(steps) steps")
        }
    }
}
