import DuctusInk

/// What a model reads, and how it becomes the network's feature vectors. Stored in the weight file under `ductus.features`.
public enum ModelInput: Sendable, Equatable {
    /// Strokes of a pen.
    case ink(FeatureConfiguration)
    /// Vectors of a sensor.
    case vectors(VectorConfiguration)

    /// Numbers per frame that the network is given.
    public var dimension: Int {
        switch self {
        case .ink(let configuration): configuration.dimension
        case .vectors(let configuration): configuration.dimension
        }
    }
}

extension ModelInput {
    /// The name of its kind, as pipelines name it.
    public var name: String {
        switch self {
        case .ink: "ink"
        case .vectors: "features"
        }
    }

    /// Seconds that a frame stands for; nil where only what came tells: frames of ink are equally far apart on paper.
    public var frameSeconds: Double? {
        switch self {
        case .ink: nil
        case .vectors(let configuration): configuration.frameSeconds
        }
    }

    /// Partials may be read with weights in 16 bits: what becomes final is read anew.
    public var isReadAnew: Bool {
        switch self {
        case .ink: true
        case .vectors: false
        }
    }
}

extension ModelInput: Codable {
    private enum Kind: String, Codable { case ink, vectors }
    private enum CodingKeys: CodingKey { case kind }

    /// Decodes the configuration of the kind that the key `kind` names; its keys stand beside it.
    public init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
        case .ink: self = .ink(try FeatureConfiguration(from: decoder))
        case .vectors: self = .vectors(try VectorConfiguration(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .ink(let configuration):
            try container.encode(Kind.ink, forKey: .kind)
            try configuration.encode(to: encoder)
        case .vectors(let configuration):
            try container.encode(Kind.vectors, forKey: .kind)
            try configuration.encode(to: encoder)
        }
    }
}

/// What a model's output classes mean. Stored in the weight file under `ductus.task`.
public enum ModelTask: String, Sendable, Codable {
    /// CTC: class 0 is the blank, class k the k-th symbol of the alphabet; the symbols form a text.
    case transcription
    /// A label for every frame: class k is the k-th symbol of the alphabet, counted from 0; there is no blank.
    case frameLabels
}
