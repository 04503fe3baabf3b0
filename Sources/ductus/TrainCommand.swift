import ArgumentParser
import Decoding
import Foundation
import Ink
import Network
import Recognition
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model on labelled ink.",
        discussion: """
            Writes into the folder --out: the model, the recipe, a metrics file, the learning curve as a picture, and a \
            checkpoint from which --resume continues exactly.
            """)

    @Option(help: "Recipe file. Default: the one in --out, else built-in values.")
    var recipe: String?

    @Option(name: .customLong("data"), parsing: .upToNextOption, help: "Labelled lines to train on.")
    var data: [String]

    @Option(parsing: .upToNextOption, help: "Labelled lines of other writers, to measure on.")
    var validation: [String]

    @Option(help: "Folder for the model.")
    var out: String

    @Flag(help: "Continue from the checkpoint in --out.")
    var resume = false

    @Option(help: "Epochs, instead of the recipe's.")
    var epochs: Int?

    @Option(help: "Threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Use only the first lines of each file.")
    var limit: Int?

    func run() throws {
        let folder = URL(filePath: out)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let output = TrainingFolder(folder)
        var recipe = try recipe.map { try Recipe(contentsOf: URL(filePath: $0)) } ?? output.recipe()
        if let epochs { recipe.optimization.epochs = epochs }
        try output.write(recipe)
        guard case .ink(let features) = recipe.input else {
            throw TrainingError.badRecipe(path: self.recipe ?? out, reason: "this data is ink, but its input is vectors")
        }

        let alphabet = Alphabet.printableASCII
        Terminal.error("Reading \(data.count) training files")
        let sources = try data.map { path in
            (lines: try lines(path), share: recipe.sampling.shares[URL(filePath: path).lastPathComponent] ?? 1)
        }
        let corpus = InkCorpus(
            sources, features: features, alphabet: alphabet, augmentation: recipe.augmentation,
            sampling: recipe.sampling, threads: threads)
        for (reason, count) in corpus.leftOut.sorted(by: { $0.key < $1.key }) {
            Terminal.error("Left out \(count) lines: \(reason)")
        }
        guard corpus.count > 0 else { throw TrainingError.noExamples(paths: data) }
        let validationSets = try validation.map { path in
            (name: Self.name(of: path), lines: try lines(path))
        }

        let run = try TrainingRun(
            recipe: recipe, classes: alphabet.classCount, corpus: corpus, threads: threads, checkpoint: output.checkpoint)
        if resume, try run.resume() {
            Terminal.error("Resumed after epoch \(run.history.count)")
        }
        Terminal.error(
            "\(corpus.count) lines, \(run.architecture.parameterCount) weights, \(threads) threads")
        let model = { (network: Network) in
            Model(
                name: folder.lastPathComponent, network: network, input: recipe.input, task: recipe.task,
                alphabet: alphabet, standardization: corpus.standardization)
        }
        var bar = ProgressBar(total: 1)
        try run.run(
            validation: { network in
                try Dictionary(
                    uniqueKeysWithValues: validationSets.map { name, lines in
                        let evaluation = try Evaluation.run(
                            model(network), on: lines, decoding: .bestPath, threads: threads,
                            timelessSources: recipe.sampling.timelessSources)
                        return (name, evaluation.cer)
                    })
            },
            onStep: { progress in
                if progress.step == 1 { bar = ProgressBar(total: progress.steps) }
                bar.show(progress.step, Self.remark(progress))
            },
            onEpoch: { record in
                Terminal.endStatus()
                Terminal.error(Self.summary(record))
                try output.write(run.history)
                if record.epoch == run.best.epoch {
                    try output.write(
                        model(Network(architecture: run.architecture, parameters: run.best.parameters)))
                }
            })

        let best = try model(Network(architecture: run.architecture, parameters: run.best.parameters))
        try output.write(best.calibrated(on: validationSets.flatMap(\.lines), recipe: recipe, threads: threads))
        Terminal.error("Best: epoch \(run.best.epoch), error \(percent(run.best.error)). The model is in \(out).")
    }

    private func lines(_ path: String) throws -> [InkLine] {
        let lines = try InkFile.read(URL(filePath: path))
        return limit.map { Array(lines.prefix($0)) } ?? lines
    }

    private static func name(of path: String) -> String {
        String(URL(filePath: path).lastPathComponent.prefix { $0 != "." })
    }

    private static func remark(_ progress: TrainingRun.Progress) -> String {
        var parts = [
            "epoch \(progress.epoch)/\(progress.epochs)", String(format: "loss %.3f", progress.loss),
            "\(Int(progress.framesPerSecond)) frames/s", "\(duration(progress.secondsLeft)) left",
        ]
        if let error = progress.error { parts.insert("error \(percent(error))", at: 2) }
        return parts.joined(separator: "  ")
    }

    private static func summary(_ record: EpochRecord) -> String {
        let errors = record.errors.sorted { $0.key < $1.key }.map { "\($0.key) \(percent($0.value))" }
        return String(format: "epoch %d  loss %.3f  ", record.epoch, record.loss)
            + (errors + [duration(record.seconds)]).joined(separator: "  ")
    }
}
