import DuctusDecoding
import DuctusRandomness

/// The lines of a corpus as a language model's training reads them: shuffled anew for each epoch, one behind the other, cut into as many
/// streams as a step has.
struct LanguageModelText {
    /// Lines with their boundary in front, in the epoch's order; one more boundary ends them.
    private let symbols: [LanguageSymbol]
    private let streams: Int
    private let truncation: Int

    /// Steps of the epoch.
    var steps: Int { (symbols.count - 1) / (streams * truncation) }

    /// - Parameter stream: lines, each preceded by the boundary, and one more boundary at the end (`TextCorpus.stream`).
    init(_ stream: [LanguageSymbol], streams: Int, truncation: Int, using random: inout SplitMix64) {
        self.streams = streams
        self.truncation = truncation
        var starts: [Int32] = []
        for (index, symbol) in stream.dropLast().enumerated() where symbol == .boundary { starts.append(Int32(index)) }
        starts.shuffle(using: &random)
        var shuffled: [LanguageSymbol] = []
        shuffled.reserveCapacity(stream.count)
        for start in starts {
            shuffled.append(.boundary)
            var index = Int(start) + 1
            while stream[index] != .boundary {
                shuffled.append(stream[index])
                index += 1
            }
        }
        shuffled.append(.boundary)
        symbols = shuffled
    }

    /// The input of a stream in a step, and the target: the same symbols, one later.
    func piece(_ stream: Int, step: Int) -> (read: ArraySlice<LanguageSymbol>, predicted: ArraySlice<LanguageSymbol>) {
        let start = (stream * steps + step) * truncation
        return (symbols[start..<(start + truncation)], symbols[(start + 1)..<(start + truncation + 1)])
    }
}
