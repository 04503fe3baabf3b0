import DuctusDecoding
import DuctusFoundations
import DuctusNetwork
import DuctusRecognition
import Foundation

/// The settings of a training run. Together with the data they determine its result, so they are committed beside the model.
///
/// Every key may be left out and then has the value of `Recipe()`.
public struct Recipe: Sendable, Equatable, Codable {
    /// The input of the model, and its features.
    public var input = ModelInput.standard
    /// The symbols of the classes.
    public var task: ModelTask = .transcription
    /// The symbols that are read, each a grapheme (or a name, for frame labels). Where left out: printable ASCII for ink, what the
    /// recordings have for sensors.
    public var alphabet: Alphabet?
    /// Facts of the writing: its direction, what stands between words.
    public var script = Script.spaced
    /// The network's layers without the output layer, which the alphabet decides.
    public var layers: [Layer] = Recipe.referenceLayers
    /// The last layer of the network.
    public var output = OutputLayer.logSoftmax
    /// The format of weights in the weight file: "F32", or "F16", which halves the size and rounds each weight to 11 bits. Training itself
    /// is in 32 bits.
    public var storage = Safetensors.Storage.f32
    /// The settings of the task `sequence-to-sequence`, whose encoder is `layers`.
    public var sequence: SequenceSettings?
    /// Distortions of ink.
    public var augmentation = Augmentation()
    /// Distortions of a sensor's vectors.
    public var vectorAugmentation = VectorAugmentation()
    /// The weights of the learned transitions between frame labels. Where left out, they are fitted to the validation sets,
    /// which misleads if the model was trained on these.
    public var smoothing: FrameSmoothing?
    /// The optimization of the weights.
    public var optimization = Optimization()
    /// The choice of lines in an epoch.
    public var sampling = Sampling()

    /// The last layer, which turns the scores of the last linear layer into probabilities.
    public enum OutputLayer: String, Sendable, Codable {
        /// Each frame by itself.
        case logSoftmax
        /// Frame labels that depend on their neighbours: a linear-chain random field, trained by the probability of whole label sequences.
        case conditionalRandomField
    }

    /// The weights of a `TransitionModel`.
    public struct FrameSmoothing: Sendable, Equatable, Codable {
        /// The exponent of the classes' priors, by which the posteriors are divided.
        public var priorWeight: Float = 1
        /// The weight of transitions against posteriors.
        public var transitionWeight: Float = 1

        /// The default weights.
        public init() {}

        /// Decodes the weights. Keys that are missing keep their default values.
        ///
        /// - Throws: `DecodingError` for a number out of range.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            try values.read(.priorWeight, into: &priorWeight, allowed: 0...10)
            try values.read(.transitionWeight, into: &transitionWeight, allowed: 0...10)
        }

        func weigh(_ transitions: TransitionModel?) -> TransitionModel? {
            var weighed = transitions
            weighed?.priorWeight = priorWeight
            weighed?.transitionWeight = transitionWeight
            return weighed
        }
    }

    /// The optimization of the weights.
    public struct Optimization: Sendable, Equatable, Codable {
        /// The number of epochs.
        public var epochs = 30
        /// Feature vectors per step. Lines of similar length are put together until there are that many.
        public var framesPerBatch = 8_000
        /// The highest learning rate of Adam.
        public var learningRate: Float = 2e-3
        /// Decay of the mean of the squared gradient, per step.
        public var beta2: Float = 0.98
        /// Share of a weight, times the learning rate, that it loses in a step.
        public var weightDecay: Float = 1e-4
        /// Steps in which the learning rate rises to its highest.
        public var warmUpSteps = 300
        /// The learning rate at the end, as a share of the highest.
        public var finalRate: Float = 0.003
        /// The largest norm of the gradient; a longer gradient is scaled down to it.
        public var gradientNorm: Float = 3
        /// The decay of the weights' moving average, per step. The average is evaluated and kept.
        public var averageDecay: Float = 0.998
        /// Early stopping: the run ends after this many epochs without a better validation error.
        public var patience = 12
        /// Seed of weights, order, dropout and augmentation.
        public var seed: UInt64 = 1
        /// Weight of the consistency between two views of each line, which are masked differently (CR-CTC); 0 for one view.
        public var consistency: Float = 0
        /// Label smoothing: the share of the target, from 0 to 1, that is spread over all labels.
        public var labelSmoothing: Float = 0

        /// The default settings.
        public init() {}

        /// Decodes the settings. Keys that are missing keep their default values.
        ///
        /// - Throws: `DecodingError` for a number out of range.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            try values.read(.epochs, into: &epochs, allowed: 1...1_000_000)
            try values.read(.framesPerBatch, into: &framesPerBatch, allowed: 1...100_000_000)
            try values.read(.learningRate, into: &learningRate, allowed: 0...10)
            try values.read(.beta2, into: &beta2, allowed: 0...0.999_999)
            try values.read(.weightDecay, into: &weightDecay, allowed: 0...10)
            try values.read(.warmUpSteps, into: &warmUpSteps, allowed: 0...100_000_000)
            try values.read(.finalRate, into: &finalRate, allowed: 0...1)
            try values.read(.gradientNorm, into: &gradientNorm, allowed: 0...1e6)
            try values.read(.averageDecay, into: &averageDecay, allowed: 0...1)
            try values.read(.patience, into: &patience, allowed: 1...1_000_000)
            try values.read(.consistency, into: &consistency, allowed: 0...10)
            try values.read(.labelSmoothing, into: &labelSmoothing, allowed: 0...1)
            seed = try values.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        }
    }

    /// The part of the data that an epoch uses.
    public struct Sampling: Sendable, Equatable, Codable {
        /// The share of a file's lines that an epoch uses, by the file's name. They are drawn anew for each epoch. A file that is not named is used whole.
        public var shares: [String: Float] = [:]
        /// The share of recombined lines (`Recombination`) that an epoch uses, by the file's name. Lines of several words are cut (`WordCutter`).
        public var recombined: [String: Float] = [:]
        /// Prefixes of sources whose times are ignored.
        public var timelessSources: [String] = ["unipen"]
        /// Lines with more feature vectors than this are left out: they cost much and teach little.
        public var maximumFrames = 3_000
        /// Frames of a piece of a recording that is labelled frame by frame.
        public var pieceFrames = 300

        /// The default sampling.
        public init() {}

        /// Decodes the sampling. Keys that are missing keep their default values.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            shares = try values.decodeIfPresent([String: Float].self, forKey: .shares) ?? shares
            recombined = try values.decodeIfPresent([String: Float].self, forKey: .recombined) ?? recombined
            timelessSources = try values.decodeIfPresent([String].self, forKey: .timelessSources) ?? timelessSources
            try values.read(.maximumFrames, into: &maximumFrames, allowed: 1...10_000_000)
            try values.read(.pieceFrames, into: &pieceFrames, allowed: 1...10_000_000)
            guard (Array(shares.values) + recombined.values).allSatisfy({ (0...1).contains($0) }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .shares, in: values, debugDescription: "a share is a number from 0 to 1")
            }
        }
    }

    /// The built-in recipe.
    public init() {}

    /// Decodes a recipe. Keys that are missing keep their default values.
    ///
    /// - Throws: `DecodingError` for a value that cannot be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        input = try values.decodeIfPresent(ModelInput.self, forKey: .input) ?? input
        task = try values.decodeIfPresent(ModelTask.self, forKey: .task) ?? task
        alphabet = try values.decodeIfPresent(Alphabet.self, forKey: .alphabet)
        script = try values.decodeIfPresent(Script.self, forKey: .script) ?? script
        layers = try values.decodeIfPresent([Layer].self, forKey: .layers) ?? layers
        output = try values.decodeIfPresent(OutputLayer.self, forKey: .output) ?? output
        storage = try values.decodeIfPresent(Safetensors.Storage.self, forKey: .storage) ?? storage
        sequence = try values.decodeIfPresent(SequenceSettings.self, forKey: .sequence)
        augmentation = try values.decodeIfPresent(Augmentation.self, forKey: .augmentation) ?? augmentation
        vectorAugmentation =
            try values.decodeIfPresent(VectorAugmentation.self, forKey: .vectorAugmentation) ?? vectorAugmentation
        smoothing = try values.decodeIfPresent(FrameSmoothing.self, forKey: .smoothing)
        optimization = try values.decodeIfPresent(Optimization.self, forKey: .optimization) ?? optimization
        sampling = try values.decodeIfPresent(Sampling.self, forKey: .sampling) ?? sampling
        if let fault {
            throw DecodingError.dataCorruptedError(forKey: .task, in: values, debugDescription: fault)
        }
    }

    /// The settings that do not go together, with the remedy; nil where all do.
    private var fault: String? {
        if (task == .sequenceToSequence) != (sequence != nil) {
            return
                "the task \(ModelTask.sequenceToSequence.name) needs the key \"sequence\" (it may be empty: {}), and no other task has it"
        }
        if output != .logSoftmax, task.form != .frameLabels {
            return "\(output.rawValue) labels frames, but the task \(task.name) reads texts; leave out \"output\""
        }
        if smoothing != nil, task.form != .frameLabels {
            return "\"smoothing\" is of frame labels, but the task \(task.name) reads texts; leave it out"
        }
        if sequence != nil, optimization.consistency != 0 {
            return "a decoder with attention has no two views to hold consistent; set \"consistency\" to 0"
        }
        if optimization.labelSmoothing > 0, sequence != nil || output != .logSoftmax {
            return sequence != nil
                ? "a decoder's labels are smoothed by \"smoothing\" in \"sequence\"; leave out \"labelSmoothing\""
                : "a random field's labels cannot be smoothed one by one; leave out \"labelSmoothing\""
        }
        return nil
    }

    /// Reads a recipe file.
    ///
    /// - Throws: `TrainingError.badRecipe`, which names the file and the key.
    public init(contentsOf url: URL) throws {
        do {
            self = try JSONDecoder().decode(Recipe.self, from: Data(contentsOf: url))
        } catch {
            throw TrainingError.badRecipe(path: url.path, reason: "\(error)")
        }
    }

    /// Two convolutions that halve the frames, three bidirectional LSTM layers of 96: 634,000 weights with ASCII's output.
    public static let referenceLayers: [Layer] = [
        .convolution1D(.init(in: 9, out: 48, kernel: 5, stride: 1, padding: 2, activation: .silu)),
        .convolution1D(.init(in: 48, out: 96, kernel: 4, stride: 2, padding: 1, activation: .silu, dropout: 0.3)),
        .recurrent(.init(cell: .lstm, in: 96, hidden: 96, dropout: 0.3)),
        .recurrent(.init(cell: .lstm, in: 192, hidden: 96, dropout: 0.3)),
        .recurrent(.init(cell: .lstm, in: 192, hidden: 96, dropout: 0.3)),
    ]

    /// The whole network for so many classes.
    ///
    /// - Throws: `ArchitectureError`.
    public func architecture(classes: Int) throws -> Architecture {
        var architecture = Architecture(input: input.dimension, layers: layers)
        // Before widths are multiplied: a recipe is a file, and its numbers may be anything.
        if !layers.isEmpty { try architecture.validate() }
        architecture.layers.append(.linear(.init(in: architecture.output, out: classes)))
        switch output {
        case .logSoftmax: architecture.layers.append(.logSoftmax)
        case .conditionalRandomField: architecture.layers.append(Layer(ConditionalRandomField(labels: classes)))
        }
        try architecture.validate()
        return architecture
    }
}

/// The errors of a training run.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    case badRecipe(path: String, reason: String)
    case noExamples(paths: [String])
    case checkpointOfAnotherRun(path: String, reason: String)
    case startOfAnotherArchitecture
    case diverged(epoch: Int, step: Int)

    public var description: String {
        switch self {
        case .badRecipe(let path, let reason):
            "recipe \(path): \(reason)"
        case .noExamples(let paths):
            "no usable example in \(paths.joined(separator: ", ")); lines need ink (or a source), and a text in the model's alphabet"
        case .checkpointOfAnotherRun(let path, let reason):
            "checkpoint \(path): \(reason); remove it, or leave out --resume to begin anew"
        case .startOfAnotherArchitecture:
            "the model to start from has other layers or another alphabet than the recipe; take its own recipe, or leave "
                + "out --from"
        case .diverged(let epoch, let step):
            "training diverged in epoch \(epoch), step \(step): the loss is no number; lower the learning rate"
        }
    }
}
