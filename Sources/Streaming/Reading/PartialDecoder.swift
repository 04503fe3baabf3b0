import DuctusDecoding
import DuctusRecognition

/// Reads posteriors as they become final and looks at the open tail behind them: the beam (or best path) of one open segment.
struct PartialDecoder {
    private enum Reader {
        case bestPath(BestPath)
        case beam(PrefixBeamSearch)
    }

    private var reader: Reader

    init(model: Model, decoding: Recognizer.Decoding) {
        switch decoding {
        case .bestPath:
            reader = .bestPath(BestPath())
        case .beam:
            reader = .beam(
                PrefixBeamSearch(
                    alphabet: model.alphabet, configuration: model.decoder, languageModel: model.languageModel,
                    lexicon: model.lexicon))
        }
    }

    mutating func reset(precedingText: String) {
        switch reader {
        case .bestPath: reader = .bestPath(BestPath())
        case .beam(let beam): beam.reset(precedingText: precedingText)
        }
    }

    /// Takes posteriors that are final.
    mutating func advance(_ posteriors: Posteriors) {
        guard posteriors.frames > 0 else { return }
        switch reader {
        case .bestPath(var path):
            path.advance(posteriors)
            reader = .bestPath(path)
        case .beam(let beam):
            beam.advance(posteriors)
        }
    }

    /// The best reading with the provisional `tail`, and how many of its first symbols no later frame changes.
    func read(tail: Posteriors) -> (hypothesis: Hypothesis, stable: Int) {
        switch reader {
        case .bestPath(var path):
            let stable = min(path.symbols.count, path.surelyCompleteCount)
            path.advance(tail)
            return (path.hypothesis, stable)
        case .beam(let beam):
            let best = beam.hypotheses(tail: tail, limit: 1).first
            return (best ?? Hypothesis(symbols: [], score: 0, ctcLogProbability: 0), beam.stablePrefixLength)
        }
    }

    var byteCount: Int {
        switch reader {
        case .bestPath(let path): path.symbols.count * MemoryLayout<ReadSymbol>.stride
        case .beam(let beam): beam.memoryBytes
        }
    }
}
