import DuctusInk

/// The input of a model, with the parameters of its feature extraction. Stored in the weight file under `ductus.features`.
public enum ModelInput: Sendable, Equatable {
    /// Strokes of a pen.
    case ink(FeatureConfiguration)
    /// Vectors of a sensor.
    case vectors(VectorConfiguration)

    /// The input of a recipe that names none.
    public static let standard = ModelInput.ink(FeatureConfiguration())

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

    /// Names of the channels that vectors must have, in their order; empty for strokes.
    public var channels: [String] {
        switch self {
        case .ink: []
        case .vectors(let configuration): configuration.channels
        }
    }

    /// Whether the input is writing: strokes, which make pages and can be drawn.
    public var readsStrokes: Bool {
        switch self {
        case .ink: true
        case .vectors: false
        }
    }

    /// Turns segments of this kind into frames.
    func makeExtractor() -> any FrameExtractor {
        switch self {
        case .ink(let configuration): InkFrameExtractor(configuration)
        case .vectors(let configuration): VectorFrameExtractor(configuration)
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
