import DuctusDecoding
import DuctusNetwork

/// A recurrent language model at a place in a text. What it draws belongs to one text: it remembers the lines before.
public struct RecurrentPredictor: CharacterPredictor {
    private let model: RecurrentLanguageModel
    private let state: NetworkState
    private let workspace = Workspace()
    private var batch: Batch
    private var next: [Double] = []

    /// A predictor at the start of a text.
    public init(_ model: RecurrentLanguageModel) {
        self.model = model
        state = model.network.makeState()
        batch = Batch(dimension: model.network.architecture.input)
        append(.boundary)
    }

    public var symbols: [String] { model.alphabet.symbols }

    public func logProbabilities() -> [Double] { next }

    public mutating func append(_ symbol: LanguageSymbol) {
        batch.removeAll()
        var frame: [Float] = []
        RecurrentLanguageModel.append([symbol], to: &frame, width: batch.dimension)
        batch.append(frame)
        guard
            let output = try? model.network.advance(
                [Window(state: state, chunk: 1, isEnd: false)], frames: batch, workspace: workspace)
        else { preconditionFailure("a frame of the model's own width") }
        next = output[0].values.map { Double($0) }
    }
}
