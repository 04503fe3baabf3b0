import DuctusDecoding
import DuctusFoundations
import DuctusNetwork
import DuctusRecognition

/// The part of a recipe that only a sequence-to-sequence model has: its input, its decoder, and the training of the
/// decoder.
///
/// The recipe's `layers` are the encoder, its `alphabet` what the decoder writes. Every key may be left out.
public struct SequenceSettings: Sendable, Equatable, Codable {
    /// The input of the encoder.
    public enum Source: String, Sendable, Codable { case text, ink }

    /// Whether text or ink goes in.
    public var source = Source.text
    /// The symbols of the source, where it is text; those of the data where left out.
    public var sourceAlphabet: Alphabet?
    /// Numbers of the vector that stands for a symbol, in the decoder and, where it reads text, in the encoder.
    public var embedding = 64
    /// Units of each of the decoder's LSTM layers.
    public var hidden = 128
    /// The first layer asks; a second one reads what it was answered.
    public var layers = 2
    /// The score of the decoder's attention to the encoder's output.
    public var score = Attention.Score.additive
    /// Heads of the attention.
    public var heads = 1
    /// Numbers of query, key and value.
    public var width = 128
    public var dropout: Float = 0.1
    /// Label smoothing.
    public var smoothing: Float = 0.05
    /// The share of places in which the decoder is shown its own prediction instead of the target, at the end of the
    /// run. The share rises evenly from 0, which is teacher forcing (Bengio et al. 2015; in one parallel pass:
    /// Mihaylova & Martins 2019).
    public var scheduledSampling: Float = 0.1
    /// Weight of connectionist temporal classification at the encoder beside the decoder's 1; 0 leaves it out.
    public var connectionist: Float = 0
    /// The search of the trained model. The shortest and longest output are taken from the examples.
    public var search = SequenceSearch()

    /// The default settings.
    public init() {}

    /// Decodes the settings. Keys that are missing keep their default values.
    ///
    /// - Throws: `DecodingError` for a number out of range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        source = try values.decodeIfPresent(Source.self, forKey: .source) ?? source
        sourceAlphabet = try values.decodeIfPresent(Alphabet.self, forKey: .sourceAlphabet)
        try values.read(.embedding, into: &embedding, allowed: 1...4096)
        try values.read(.hidden, into: &hidden, allowed: 1...2048)
        try values.read(.layers, into: &layers, allowed: 1...2)
        score = try values.decodeIfPresent(Attention.Score.self, forKey: .score) ?? score
        try values.read(.heads, into: &heads, allowed: 1...64)
        try values.read(.width, into: &width, allowed: 1...4096)
        try values.read(.dropout, into: &dropout, allowed: 0...0.9)
        try values.read(.smoothing, into: &smoothing, allowed: 0...0.9)
        try values.read(.scheduledSampling, into: &scheduledSampling, allowed: 0...1)
        try values.read(.connectionist, into: &connectionist, allowed: 0...100)
        search = try values.decodeIfPresent(SequenceSearch.self, forKey: .search) ?? search
    }

    /// Label smoothing of what the decoder should have written.
    func loss(of target: Target) -> any Loss {
        smoothing > 0 ? SmoothedLoss(target.loss, amount: smoothing) : target.loss
    }

    /// The whole network: encoder, connectionist output, decoder.
    ///
    /// - Parameters:
    ///   - encoder: the layers of the encoder, those of the recipe.
    ///   - sourceClasses: classes of the source's symbols, where it is text.
    ///   - classes: the number of the decoder's classes, its boundary among them.
    /// - Throws: `ArchitectureError`.
    package func architecture(encoder: [Layer], input: Int, sourceClasses: Int?, classes: Int) throws -> Architecture {
        var network = Architecture(input: sourceClasses == nil ? input : embedding, otherInputs: [1], layers: encoder)
        if let sourceClasses {
            network = network.preceded(by: .embedding(.init(count: sourceClasses, out: embedding)), input: input)
        }
        // Before widths are multiplied: a recipe is a file, and its numbers may be anything.
        if !network.layers.isEmpty { try network.validate() }
        let memory: LayerSource = network.layers.isEmpty ? .input(0) : .layer(network.layers.count - 1)
        let memoryWidth = network.layers.isEmpty ? input : network.output
        if connectionist > 0 {
            network.layers.append(Layer(Linear(in: memoryWidth, out: classes), from: [memory]))
            network.layers.append(.logSoftmax)
            network.heads = [.init(name: SequenceModel.connectionistHead, layer: network.layers.count - 1)]
        }
        appendDecoder(to: &network, memory: memory, memoryWidth: memoryWidth, classes: classes)
        try network.validate()
        return network
    }

    /// A layer of LSTM asks, attention answers, and a second layer reads both, so that what was answered before has a say (as in Wu et al.
    /// 2016).
    private func appendDecoder(
        to network: inout Architecture, memory: LayerSource, memoryWidth: Int, classes: Int
    ) {
        func add(_ kind: any LayerKind, from: LayerSource...) -> LayerSource {
            network.layers.append(Layer(kind, from: from))
            return .layer(network.layers.count - 1)
        }
        func lstm(_ width: Int) -> Recurrent {
            Recurrent(cell: .lstm, in: width, hidden: hidden, bidirectional: false, dropout: dropout)
        }
        let symbols = add(Embedding(count: classes, out: embedding, dropout: dropout), from: .input(1))
        var state = add(lstm(embedding), from: symbols)
        let answer = add(
            Attention(
                in: hidden, memory: memoryWidth, heads: heads, width: width, out: hidden, score: score, span: 4096),
            from: state, memory)
        var both = add(Concatenation(), from: state, answer)
        if layers > 1 {
            state = add(lstm(2 * hidden), from: both)
            both = add(Concatenation(), from: state, answer)
        }
        _ = add(Linear(in: 2 * hidden, out: classes, dropout: 0), from: both)
        network.layers.append(.logSoftmax)
    }
}
