import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import Foundation

/// Training of a model that labels frames or reads text off them.
public struct TrainingSetup: TrainingGoal {
    public let corpus: any Corpus
    public let architecture: Architecture
    /// Output classes of the network.
    public let classes: Int
    public let remarks: [String]
    private let template: (Network) -> Model
    private let measure: (Model) throws -> [String: Double]
    private let calibrate: (Model) throws -> Model

    /// The model with these weights, not calibrated.
    public func model(_ network: Network) -> Model { template(network) }
    /// The error on each validation set, as a fraction: CER, or the share of wrong frames.
    public func errors(of model: Model) throws -> [String: Double] { try measure(model) }
    public func errors(of network: Network) throws -> [String: Double] { try measure(model(network)) }
    /// The model with confidences that are probabilities on the validation sets.
    public func calibrated(_ model: Model) throws -> Model { try calibrate(model) }

    public func write(_ network: Network, isFinal: Bool, to folder: TrainingFolder) throws {
        guard isFinal else { return try folder.write(model(network)) }
        try folder.write(calibrated(model(network)))
        try Model.write(
            importance: FisherDiagonal.importance(in: network, for: corpus), of: network, to: folder.url)
    }

    /// The maps for best paths that these readings ask for.
    private static func fitted(to evaluation: Evaluation) -> Calibrations {
        var calibrations = Calibrations()
        calibrations.fit(.bestPath, to: evaluation)
        return calibrations
    }

    private static func fitted(to evaluation: FrameEvaluation) -> Calibrations {
        var calibrations = Calibrations()
        guard !evaluation.confidences.isEmpty else { return calibrations }
        calibrations[.bestPath] = .fit(confidences: evaluation.confidences, correct: evaluation.isCorrect)
        return calibrations
    }

    /// A file, by the name that metrics call it.
    static func name(of url: URL) -> String {
        String(url.lastPathComponent.prefix { $0 != "." })
    }
}

extension TrainingSetup {
    /// Ink that is transcribed.
    ///
    /// - Parameters:
    ///   - standardization: of the model that the run starts from; nil measures it on the data.
    ///   - limit: use only the first lines of each file.
    ///   - leftOut: identifiers of lines that are not trained on.
    public static func ink(
        _ features: FeatureConfiguration, recipe: Recipe, data: [URL], validation: [URL], name modelName: String,
        standardization: Standardization? = nil, limit: Int?, leftOut: Set<String> = [], threads: Int
    ) throws -> TrainingSetup {
        let alphabet = recipe.alphabet ?? .printableASCII
        let corpus = try InkCorpus(
            recipe: recipe, features: features, alphabet: alphabet, data: data, standardization: standardization,
            limit: limit, leftOut: leftOut, threads: threads)
        let sets = try validation.map { (name: Self.name(of: $0), lines: try InkCorpus.lines(of: $0, limit)) }
        let evaluate = { (model: Model, lines: [InkLine]) in
            try Evaluation.run(
                model, on: lines, decoding: .bestPath, threads: threads,
                timelessSources: recipe.sampling.timelessSources)
        }
        return TrainingSetup(
            corpus: corpus, architecture: try recipe.architecture(classes: alphabet.classCount),
            classes: alphabet.classCount,
            remarks: corpus.remarks,
            template: { network in
                Model(
                    name: modelName, network: network, input: recipe.input, task: recipe.task, alphabet: alphabet,
                    standardization: corpus.standardization, script: recipe.script)
            },
            measure: { model in
                var errors: [String: Double] = [:]
                for (name, lines) in sets { errors[name] = try evaluate(model, lines).cer }
                return errors
            },
            calibrate: { model in
                let evaluation = try evaluate(model.with(calibration: .init()), sets.flatMap(\.lines))
                return model.with(calibration: Self.fitted(to: evaluation))
            })
    }

    /// Sensor recordings: transcribed, or labelled frame by frame, as the recipe's task says.
    ///
    /// - Parameters:
    ///   - standardization: of the model that the run starts from; nil measures it on the data.
    ///   - heldOut: subjects that are kept out of training and, where there are no validation files, measured on.
    public static func vectors(
        _ configuration: VectorConfiguration, recipe: Recipe, data: [URL], validation: [URL], heldOut: Set<String>,
        name modelName: String, standardization: Standardization? = nil
    ) throws -> TrainingSetup {
        let all = try data.flatMap(SensorRecording.read)
        let training = all.filter { !heldOut.contains($0.subject) }
        var sets = try validation.map { (name: Self.name(of: $0), recordings: try SensorRecording.read($0)) }
        if sets.isEmpty { sets = [("held-out", all.filter { heldOut.contains($0.subject) })] }
        let symbols =
            recipe.task.form == .frameLabels
            ? Set(training.flatMap { $0.spans.map(\.name) }).sorted()
            : Set(training.flatMap { ($0.text ?? "").map(String.init) }).sorted()
        guard !symbols.isEmpty else { throw TrainingError.noExamples(paths: data.map(\.path)) }
        let alphabet = try recipe.alphabet ?? Alphabet(symbols: symbols)
        let corpus = try VectorCorpus(
            training, configuration: configuration, task: recipe.task, alphabet: alphabet,
            augmentation: recipe.vectorAugmentation, standardization: standardization,
            pieceLength: recipe.sampling.pieceFrames)
        let transitions = recipe.smoothing.map { $0.weigh(corpus.transitions) } ?? corpus.transitions
        return TrainingSetup(
            corpus: corpus, architecture: try recipe.architecture(classes: recipe.task.classCount(of: alphabet)),
            classes: recipe.task.classCount(of: alphabet),
            remarks: ["\(training.count) recordings to train on, \(all.count - training.count) held out"],
            template: { network in
                Model(
                    name: modelName, network: network, input: recipe.input, task: recipe.task, alphabet: alphabet,
                    standardization: corpus.standardization, transitions: transitions, script: recipe.script)
            },
            measure: { model in
                var errors: [String: Double] = [:]
                for (name, recordings) in sets {
                    let evaluation = try SensorEvaluation.run(model, on: recordings)
                    // Smoothing is fitted at the end: until then it would hide what the network learns.
                    errors[name] = evaluation.unsmoothed.map { 1 - $0.accuracy } ?? evaluation.text.cer
                }
                return errors
            },
            calibrate: { model in
                let recordings = sets.flatMap(\.recordings)
                let plain = model.with(calibration: .init())
                let raw = try recipe.smoothing == nil ? plain.withFittedSmoothing(on: recordings) : plain
                let evaluation = try SensorEvaluation.run(raw, on: recordings)
                return raw.with(
                    calibration: evaluation.frames.map(Self.fitted) ?? Self.fitted(to: evaluation.text))
            })
    }
}
