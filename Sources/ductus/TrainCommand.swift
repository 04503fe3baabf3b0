import ArgumentParser
import DuctusCluster
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusTraining
import Foundation

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model on labelled ink, sensor recordings, or pairs of texts.",
        discussion: """
            Writes into the folder --out: the model, how much each weight matters (for learning later), the recipe, a metrics file, the learning curve as a picture, and a \
            checkpoint from which --resume continues exactly.
            """)

    @Option(help: "Recipe file. Default: the one in --out, else built-in values.")
    var recipe: String?

    @Option(
        name: .customLong("data"), parsing: .upToNextOption,
        help:
            "Labelled lines to train on; for a recipe that reads text, files of pairs with a tab between source and target."
    )
    var data: [String]

    @Option(parsing: .upToNextOption, help: "Labelled lines of other writers, to measure on.")
    var validation: [String] = []

    @Option(parsing: .upToNextOption, help: "Subjects of sensor recordings to keep out of training and to measure on.")
    var heldOut: [String] = []

    @Option(help: "Folder for the model.")
    var out: String

    @Flag(help: "Continue from the checkpoint in --out.")
    var resume = false

    @Option(
        help: "Model whose weights the training begins with; its layers must be the recipe's. Default: random weights.")
    var from: String?

    @Flag(help: "Replace the model that is in --out.")
    var replace = false

    @Option(help: "File with identifiers of lines of ink that are not trained on, one a line.")
    var leaveOut: String?

    @Flag(
        help: ArgumentHelp(
            "Write the frames that the epochs would draw into --out, for a trainer in another program, and do not train.",
            discussion: "For ink. The files and a trainer in PyTorch: integrations/pytorch/README.md."))
    var frames = false

    @Option(help: "Epochs, instead of the recipe's.")
    var epochs: Int?

    @Option(help: "Threads.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Use only the first lines of each file.")
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Into how many parts this process's share of a batch is divided. Default: one for each thread.",
            discussion:
                "The same number of parts of all ranks together, and the same batch of all together, give the same weights to the last bit."
        ))
    var shards: Int?

    @Option(
        help: ArgumentHelp(
            "Several ranks started by mpirun or srun train together (auto), or each by itself (none).",
            discussion:
                "Each rank gets a batch as large as the recipe says. Rank 0 measures and writes. Needs Open MPI 4 (Debian: openmpi-bin)."
        ))
    var ranks: Ranks = .auto

    @Option(help: "Steps that each rank does by itself before all take the mean of their weights, for slow networks.")
    var averageEvery = 1

    enum Ranks: String, ExpressibleByArgument, CaseIterable { case auto, none }

    func validate() throws {
        guard (1...4096).contains(shards ?? 1) else { throw ValidationError("--shards must be from 1 to 4096") }
        guard (1...1_000_000).contains(epochs ?? 1) else {
            throw ValidationError("--epochs must be from 1 to 1000000")
        }
        guard averageEvery >= 1 else { throw ValidationError("--average-every must be 1 or more") }
    }

    func run() throws {
        guard ranks == .auto, MPICollective.isStarted(ProcessInfo.processInfo.environment) else {
            return try train(with: Alone())
        }
        let collective: MPICollective
        do throws(MPIFault) { collective = try .join() } catch { throw CommandFailure("\(error)") }
        do {
            try train(with: collective)
        } catch {
            // The others wait for this rank: they must end, too, and only now.
            Terminal.error("rank \(collective.rank): \(error)")
            MPICollective.leave(status: 1)
            throw error
        }
        MPICollective.leave(status: 0)
    }

    private func train(with collective: any Collective) throws {
        let isFirst = collective.rank == 0
        let folder = URL(filePath: out)
        if isFirst { try refuseToLoseAnything(in: folder) }
        // Nothing is written before all have looked.
        _ = try collective.broadcast([])
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let output = TrainingFolder(folder)
        var recipe = try recipe.map { try Recipe(contentsOf: URL(filePath: $0)) } ?? output.recipe()
        if let epochs { recipe.optimization.epochs = epochs }
        if isFirst { try output.write(recipe) }
        func tell(_ text: String) { if isFirst { Terminal.error(text) } }
        tell("Reading \(data.count) training files")
        if frames { return try writeFrames(recipe, to: folder) }
        let (setup, start) = try goal(of: recipe, name: folder.lastPathComponent)
        setup.remarks.forEach(tell)
        guard setup.corpus.count > 0 else { throw TrainingError.noExamples(paths: data) }

        let run = try TrainingRun(
            recipe: recipe, architecture: setup.architecture, corpus: setup.corpus, start: start, threads: threads,
            shards: shards, collective: collective, averageEvery: averageEvery, checkpoint: output.checkpoint)
        if resume {
            tell(
                try run.resume()
                    ? "Resumed after epoch \(run.history.count)"
                    : "\(out): the run was cut before its first checkpoint, and begins anew")
        }
        tell(
            "\(setup.corpus.count) examples, \(run.architecture.parameterCount) weights, \(threads) threads"
                + (collective.count > 1 ? ", \(collective.count) ranks" : ""))
        var bar = ProgressBar(total: 1)
        try run.run(
            validation: { try setup.errors(of: $0) },
            onStep: { progress in
                guard isFirst else { return }
                if progress.step == 1 { bar = ProgressBar(total: progress.steps) }
                bar.show(progress.step, Self.remark(progress))
                if progress.step % 500 == 0, !Terminal.isInteractive { Terminal.error(Self.remark(progress)) }
            },
            onEpoch: { record in
                guard isFirst else { return }
                Terminal.endStatus()
                Terminal.error(Self.summary(record))
                try output.write(run.history)
                if record.epoch == run.best.epoch {
                    try setup.write(
                        Network(architecture: run.architecture, parameters: run.best.parameters), isFinal: false,
                        to: output)
                }
            })

        guard isFirst else { return }
        try setup.write(
            Network(architecture: run.architecture, parameters: run.best.parameters), isFinal: true, to: output)
        Terminal.error("Best: epoch \(run.best.epoch), error \(percent(run.best.error)). The model is in \(out).")
    }

    /// A model took hours to train, and --resume means that there is something to go on from.
    private func refuseToLoseAnything(in folder: URL) throws {
        func exists(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: folder.appending(path: name).path)
        }
        if resume {
            let checkpoint = TrainingFolder(folder).checkpoint
            // A run writes its recipe first and a checkpoint after each epoch: it may have been cut in between.
            let wasCut = exists("recipe.json") && !exists("model.safetensors")
            guard exists(checkpoint.lastPathComponent) || wasCut else {
                throw ValidationError(
                    "\(checkpoint.path): there is no checkpoint to resume from; leave out --resume to begin anew, or check --out"
                )
            }
        } else if exists("model.safetensors"), !replace {
            throw ValidationError(
                "\(out): has a model already; give --replace to train another in its place, --resume to go on with it, or another --out"
            )
        }
    }

    /// The goal of the recipe's task, and the network whose weights it begins with.
    private func goal(of recipe: Recipe, name: String) throws -> (any TrainingGoal, Network?) {
        let (data, validation) = (data.map { URL(filePath: $0) }, validation.map { URL(filePath: $0) })
        if let settings = recipe.sequence {
            let start = try from.map { try SequenceModel(contentsOf: URL(filePath: $0)) }
            let setup = try SequenceSetup(
                settings, recipe: recipe, data: data, validation: validation, name: name, start: start?.source,
                limit: limit, threads: threads)
            return (setup, start?.network)
        }
        let start = try from.map { try Model(contentsOf: URL(filePath: $0)) }
        switch recipe.input {
        case .ink(let features):
            let setup = try TrainingSetup.ink(
                features, recipe: recipe, data: data, validation: validation, name: name,
                standardization: start?.standardization, limit: limit, leftOut: identifiersLeftOut(), threads: threads)
            return (setup, start?.network)
        case .vectors(let configuration):
            let setup = try TrainingSetup.vectors(
                configuration, recipe: recipe, data: data, validation: validation, heldOut: Set(heldOut), name: name,
                standardization: start?.standardization)
            return (setup, start?.network)
        }
    }

    /// The identifiers in the file that `--leave-out` names.
    private func identifiersLeftOut() throws -> Set<String> {
        guard let leaveOut else { return [] }
        let text = String(decoding: try LineReader(URL(filePath: leaveOut)).rest(), as: UTF8.self)
        return Set(text.split(whereSeparator: \.isNewline).map(String.init))
    }

    private func writeFrames(_ recipe: Recipe, to folder: URL) throws {
        guard case .ink(let features) = recipe.input, recipe.sequence == nil else {
            throw ValidationError("--frames: the recipe reads no ink by CTC; leave it out, or take a recipe for ink")
        }
        var recipe = recipe
        // A trainer that holds two views of a line consistent masks each by itself.
        (recipe.augmentation.masks, recipe.augmentation.maskedShare) = (0, 0)
        let standardization = try from.map { try Model(contentsOf: URL(filePath: $0)).standardization }
        func examples(_ files: [URL], _ standardization: Standardization?, isWhole: Bool = false) throws -> InkCorpus {
            // A validation set is measured whole.
            var recipe = recipe
            if isWhole { recipe.sampling.maximumFrames = .max }
            return try InkCorpus(
                recipe: recipe, features: features, alphabet: recipe.alphabet ?? .printableASCII, data: files,
                standardization: standardization, limit: limit, leftOut: identifiersLeftOut(), threads: threads)
        }
        let corpus = try examples(data.map { URL(filePath: $0) }, standardization)
        corpus.remarks.forEach { Terminal.error($0) }
        guard corpus.count > 0 else { throw TrainingError.noExamples(paths: data) }
        let export = FrameExport(to: folder, dimension: features.dimension, threads: threads)
        let identifiers = (0..<corpus.count).map(corpus.identifier).joined(separator: "\n") + "\n"
        try AtomicFile.write(Data(identifiers.utf8), to: folder.appending(path: "examples.txt"))
        for file in validation {
            let url = URL(filePath: file)
            let set = try examples([url], corpus.standardization, isWhole: true)
            try export.write(validation: set, name: String(url.lastPathComponent.prefix { $0 != "." }))
        }
        var bar = ProgressBar(total: recipe.optimization.epochs)
        for epoch in 0..<recipe.optimization.epochs {
            try export.write(epoch: epoch, of: corpus, seed: recipe.optimization.seed)
            bar.show(epoch + 1, "epoch \(epoch + 1) of \(recipe.optimization.epochs)")
        }
        Terminal.endStatus()
        Terminal.error(
            "The frames of \(corpus.count) examples, \(recipe.optimization.epochs) epochs, are in \(folder.path).")
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
