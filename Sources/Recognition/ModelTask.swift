import DuctusDecoding
import Foundation

/// The task of a model: how its outputs become labels, and by name its loss, its decoder and its metric. Stored in the weight file under
/// `ductus.task`.
///
/// Known tasks are stored as their names. Any other is an object, so that a task that is none of this program's travels with its model:
///
///     {"name": "chords", "form": "frameLabels", "loss": "frames", "decoder": "viterbi", "metric": "frame-errors"}
public struct ModelTask: Sendable, Hashable {
    /// The meaning of the output classes.
    public enum Form: String, Sendable, Codable {
        /// Class k is the k-th symbol of the alphabet; the symbols form a text. Class 0 is the blank of CTC, or the boundary of a decoder with
        /// attention.
        case transcription
        /// A label for every frame: class k is the k-th symbol of the alphabet, counted from 0; there is no blank.
        case frameLabels
    }

    public var name: String
    /// What the output classes are.
    public var form: Form
    /// `ctc`, `frames` or `cross-entropy`.
    public var loss: String
    /// A decoder of `Recognizer.Decoding`, `viterbi` for frame labels, or `attention`.
    public var decoder: String
    /// `character-errors` or `frame-errors`.
    public var metric: String

    /// A task. Loss, decoder and metric are the names under which they are found.
    public init(name: String, form: Form, loss: String, decoder: String, metric: String) {
        self.name = name
        self.form = form
        self.loss = loss
        self.decoder = decoder
        self.metric = metric
    }

    /// Text from strokes or vectors.
    public static let transcription = ModelTask(
        name: "transcription", form: .transcription, loss: "ctc", decoder: "beam", metric: "character-errors")
    /// A label for every frame.
    public static let frameLabels = ModelTask(
        name: "frameLabels", form: .frameLabels, loss: "frames", decoder: "viterbi", metric: "frame-errors")
    /// A sequence out of another one, by an encoder and a decoder with attention: a `SequenceModel`, which streams nothing.
    public static let sequenceToSequence = ModelTask(
        name: "sequence-to-sequence", form: .transcription, loss: "cross-entropy", decoder: "attention",
        metric: "character-errors")

    private static let known = [transcription, frameLabels, sequenceToSequence]

    /// Output classes of a network with this task.
    public func classCount(of alphabet: Alphabet) -> Int {
        form == .transcription ? alphabet.classCount : alphabet.symbols.count
    }
}

extension ModelTask: Codable {
    private enum CodingKeys: CodingKey { case name, form, loss, decoder, metric }

    /// Decodes a known task by its name, or an object that describes one.
    ///
    /// - Throws: `DecodingError` for an unknown name.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard let task = ModelTask(name: name) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: Self.unknown(name)))
            }
            self = task
            return
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try values.decode(String.self, forKey: .name), form: try values.decode(Form.self, forKey: .form),
            loss: try values.decode(String.self, forKey: .loss),
            decoder: try values.decode(String.self, forKey: .decoder),
            metric: try values.decode(String.self, forKey: .metric))
    }

    public func encode(to encoder: any Encoder) throws {
        if Self.known.contains(self) {
            var container = encoder.singleValueContainer()
            return try container.encode(name)
        }
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(form, forKey: .form)
        try values.encode(loss, forKey: .loss)
        try values.encode(decoder, forKey: .decoder)
        try values.encode(metric, forKey: .metric)
    }

    /// A known task.
    public init?(name: String) {
        guard let task = Self.known.first(where: { $0.name == name }) else { return nil }
        self = task
    }

    /// Reads the task from a weight file's metadata: the name of a known task, or an object.
    ///
    /// - Throws: `DecodingError`.
    init(metadata text: String) throws {
        if let task = ModelTask(name: text) {
            self = task
        } else if text.hasPrefix("{") {
            self = try JSONDecoder().decode(ModelTask.self, from: Data(text.utf8))
        } else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: Self.unknown(text)))
        }
    }

    /// How a weight file's metadata say it.
    var metadata: String {
        get throws {
            if Self.known.contains(self) { return name }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    private static func unknown(_ name: String) -> String {
        "the task \"\(name)\" is unknown to this version; known are \(known.map(\.name).joined(separator: ", "))"
    }
}
