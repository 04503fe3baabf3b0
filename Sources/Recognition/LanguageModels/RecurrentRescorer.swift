import DuctusDecoding
import DuctusNetwork

/// Ranks a line's readings with a recurrent language model. It walks the tree of their prefixes, and computes all prefixes of one
/// length in one batch.
///
/// Readings share most of their beginnings, so the network takes far fewer steps than their characters together.
final class RecurrentRescorer: Rescorer {
    private let model: RecurrentLanguageModel
    private let languageModel: LanguageModel?
    private let weights: DecoderConfiguration.Rescoring
    private let searched: DecoderConfiguration
    private let alphabet: Alphabet
    /// Per class of the alphabet: the recurrent model's number, or nil.
    private let numbers: [LanguageSymbol?]
    private let workspace = Workspace()

    /// - Parameter configuration: the search's; its `rescoring` must be there.
    init?(
        _ model: RecurrentLanguageModel, languageModel: LanguageModel?, alphabet: Alphabet,
        configuration: DecoderConfiguration
    ) {
        guard let weights = configuration.rescoring else { return nil }
        self.model = model
        self.languageModel = languageModel
        self.weights = weights
        self.alphabet = alphabet
        searched = configuration
        numbers = [nil] + alphabet.symbols.map { model.alphabet.label(of: $0).map { LanguageSymbol($0) } }
    }

    func scores(of readings: [[Int]], after precedingText: String) -> [Double] {
        // The search's ranking stands if the network fails, which no input can cause.
        guard readings.count > 1, let recurrent = try? logProbabilities(of: readings, after: precedingText) else {
            return readings.map { _ in 0 }
        }
        return zip(readings, recurrent).map { reading, logProbability in
            var score = Double(weights.recurrentWeight) * logProbability
            if let languageModel {
                let change = Double(weights.languageWeight - searched.languageWeight)
                score += change * languageModel.logProbability(of: alphabet.decode(reading), after: precedingText)
                score += Double(weights.symbolBonus - searched.symbolBonus) * Double(reading.count)
            } else {
                score += Double(weights.symbolBonus) * Double(reading.count)
            }
            return score
        }
    }

    /// A prefix of readings.
    private struct Node {
        /// The state before its last symbol; moves past it when the node's turn comes.
        var state: NetworkState
        var symbol: LanguageSymbol
        var members: [Int]
    }

    /// The natural log probability of each reading and of the line's end behind it.
    func logProbabilities(of readings: [[Int]], after precedingText: String) throws -> [Double] {
        var sums = [Double](repeating: 0, count: readings.count)
        let encoded = readings.map { reading in
            reading.map { label in numbers.indices.contains(label) ? numbers[label] : nil }
        }
        var nodes = [
            Node(state: try state(after: precedingText), symbol: .boundary, members: Array(readings.indices))
        ]
        if let last = model.encode(precedingText).last { nodes[0].symbol = last }
        var depth = 0
        let (width, classes) = (model.network.architecture.input, model.classCount)
        var batch = Batch(dimension: width)
        while !nodes.isEmpty {
            batch.removeAll()
            for node in nodes {
                var frame: [Float] = []
                RecurrentLanguageModel.append([node.symbol], to: &frame, width: width)
                batch.append(frame)
            }
            let output = try model.network.advance(
                nodes.map { Window(state: $0.state, chunk: 1, isEnd: false) }, frames: batch, workspace: workspace)
            var next: [Node] = []
            for (index, node) in nodes.enumerated() {
                let values = output[index].values
                var children: [LanguageSymbol: [Int]] = [:]
                for member in node.members {
                    guard depth < encoded[member].count else {
                        sums[member] += Double(values[Int(LanguageSymbol.boundary)])
                        continue
                    }
                    let symbol = encoded[member][depth]
                    sums[member] += symbol.map { Double(values[Int($0)]) } ?? Self.unknown
                    children[symbol ?? .boundary, default: []].append(member)
                }
                var state: NetworkState? = node.state
                for (symbol, members) in children.sorted(by: { $0.key < $1.key }) {
                    // The first child goes on with its parent's state, the others with copies.
                    next.append(Node(state: state ?? node.state.copy(), symbol: symbol, members: members))
                    state = nil
                }
            }
            precondition(output[0].values.count >= classes, "one frame for each prefix")
            nodes = next
            depth += 1
        }
        return sums
    }

    /// The state before the last symbol of a line that begins with `text`: before the boundary, where there is none.
    private func state(after text: String) throws -> NetworkState {
        let state = model.network.makeState()
        let symbols = [.boundary] + model.encode(text)
        guard symbols.count > 1 else { return state }
        var frames: [Float] = []
        RecurrentLanguageModel.append(symbols.dropLast(), to: &frames, width: model.network.architecture.input)
        var batch = Batch(dimension: model.network.architecture.input)
        batch.append(frames)
        _ = try model.network.advance(
            [Window(state: state, chunk: symbols.count - 1, isEnd: false)], frames: batch, workspace: workspace)
        return state
    }

    /// Log probability of a symbol that the model does not have.
    private static let unknown = -16.0
}
