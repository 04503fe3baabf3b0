import Foundation

/// Interpolated modified Kneser-Ney smoothing of an n-gram model (Chen & Goodman 1998), and its pruning to a size.
///
/// Each order's counts are discounted by D1, D2 or D3+, estimated from the counts of counts, and the freed probability
/// goes to the next shorter context. Pruning drops the n-grams whose discounted count times the log ratio of their
/// probability with and without them is smallest (weighted difference, Seymore & Rosenfeld 1996); unlike entropy
/// pruning (Stolcke 1998) it does not lean on the probability of contexts, which Kneser-Ney's shorter orders misstate
/// (Chelba et al. 2010). The probability of dropped n-grams becomes back-off weight, so every context's probabilities
/// still sum to one.
public struct KneserNey {
    /// The n-grams that are kept.
    public enum Pruning: Sendable, Equatable {
        /// Everything.
        case none
        /// The gain, in nats over the training text, above which an n-gram is kept.
        case threshold(Float)
        /// The n-grams that fit into a compact file of this size.
        case size(bytes: Int)
    }

    private struct Level {
        var keys: [UInt64]
        /// The n-gram without its last symbol, in the level before.
        var contexts: [UInt32]
        /// The n-gram without its first symbol, in the level before.
        var shorter: [UInt32]
        /// The discounted count over the context's sum: what is left when all shorter orders say nothing.
        var discounted: [Float]
        /// The loss if the n-gram were dropped, in nats over the training text.
        var gain: [Float]
        var probability: [Float]
        var kept: [Bool]
    }

    private var levels: [Level] = []
    private let symbols: [String]
    private let packing: SymbolPacking

    /// The n-grams of a model of `corpus`.
    ///
    /// - Parameters:
    ///   - order: the longest n-gram, 1 to 9.
    ///   - progress: called with the name of each step.
    /// - Throws: `LanguageModelFault.badOrder`, `.noText`.
    public static func estimate(
        _ corpus: TextCorpus, order: Int, pruning: Pruning = .none, progress: (String) -> Void = { _ in }
    ) throws -> NGramLevels {
        let packing = SymbolPacking(symbolCount: corpus.symbols.count)
        guard (1...packing.largestOrder).contains(order) else {
            throw LanguageModelFault.badOrder(order, largest: packing.largestOrder, symbols: corpus.symbols.count)
        }
        guard corpus.characterCount > 0 else { throw LanguageModelFault.noText }
        progress("counting n-grams up to order \(order) in \(corpus.characterCount) characters")
        var counts: NGramCounts? = NGramCounts(corpus, order: order)
        var model = KneserNey(symbols: corpus.symbols)
        for length in 1...order {
            guard let level = counts?.orders[length - 1] else { break }
            model.addLevel(level)
            progress("order \(length): \(level.keys.count) n-grams")
        }
        counts = nil
        model.prune(pruning, progress: progress)
        return model.finished()
    }

    private init(symbols: [String]) {
        self.symbols = symbols
        packing = SymbolPacking(symbolCount: symbols.count)
    }

    /// D1, D2, D3+ from the counts of counts; a small corpus that lacks some gets the customary half.
    static func discounts(_ adjusted: [UInt32]) -> [Float] {
        var n = [Double](repeating: 0, count: 5)
        for count in adjusted where count >= 1 && count <= 4 { n[Int(count)] += 1 }
        guard n[1] > 0, n[2] > 0, n[3] > 0, n[4] > 0 else { return [0, 0.5, 0.75, 0.9] }
        let y = n[1] / (n[1] + 2 * n[2])
        return [0]
            + (1...3).map { count in
                let estimate = Double(count) - Double(count + 1) * y * n[count + 1] / n[count]
                return Float(min(max(estimate, 0.05), Double(count) - 0.05))
            }
    }

    /// Estimates one order on top of the shorter ones.
    private mutating func addLevel(_ counts: NGramCounts.Order) {
        let count = counts.keys.count
        let discounts = KneserNey.discounts(counts.adjusted)
        var level = Level(
            keys: counts.keys, contexts: [UInt32](repeating: 0, count: count),
            shorter: [UInt32](repeating: 0, count: count),
            discounted: [Float](repeating: 0, count: count), gain: [Float](repeating: 0, count: count),
            probability: [Float](repeating: 0, count: count), kept: [Bool](repeating: true, count: count))
        let isFirst = levels.isEmpty
        if !isFirst { link(&level) }
        let uniform = 1 / Float(symbols.count + 1)
        var start = 0
        while start < count {
            let context = counts.keys[start] >> packing.bits
            var (end, sum, freed) = (start, 0.0, 0.0)
            while end < count, counts.keys[end] >> packing.bits == context {
                sum += Double(counts.adjusted[end])
                freed += Double(discounts[min(3, Int(counts.adjusted[end]))])
                end += 1
            }
            for index in start..<end where sum > 0 {
                let discount = discounts[min(3, Int(counts.adjusted[index]))]
                let lower = isFirst ? uniform : levels[levels.count - 1].probability[Int(level.shorter[index])]
                let without = Float(freed / sum) * lower
                level.discounted[index] = Float(Double(Float(counts.adjusted[index]) - discount) / sum)
                level.probability[index] = level.discounted[index] + without
                let raw = Float(counts.raw[index])
                level.gain[index] = max(raw - discount, 0) * log(level.probability[index] / without)
            }
            start = end
        }
        levels.append(level)
    }

    /// Finds each n-gram's context and ending one order below. Both rise along runs, so each search starts where the last ended.
    private func link(_ level: inout Level) {
        let below = levels[levels.count - 1].keys
        let mask = packing.ending(of: .max, order: levels.count)
        var (context, shorter) = (0, 0)
        var first: UInt64 = .max
        for index in level.keys.indices {
            let key = level.keys[index]
            context = below.firstPosition(from: context, atLeast: key >> packing.bits)
            if key & ~mask != first {
                first = key & ~mask
                shorter = 0
            }
            shorter = below.firstPosition(from: shorter, atLeast: key & mask)
            level.contexts[index] = UInt32(context)
            level.shorter[index] = UInt32(shorter)
        }
    }

    private mutating func prune(_ pruning: Pruning, progress: (String) -> Void) {
        switch pruning {
        case .none:
            return
        case .threshold(let threshold):
            _ = keep(above: threshold)
        case .size(let bytes):
            if keep(above: 0) <= bytes { return }
            var (low, high) = (Float(0.01), Float(1e4))
            for _ in 0..<14 {
                let middle = (low * high).squareRoot()
                let size = keep(above: middle)
                progress("dropping what gains less than \(middle) nats leaves \(size >> 10) KiB")
                if size <= bytes { high = middle } else { low = middle }
                if size <= bytes, size > bytes - bytes / 100 { break }
            }
            _ = keep(above: high)
        }
    }

    /// Marks the n-grams to keep: those that gain more, and those that kept ones need as context or ending. Returns the
    /// compact file's size.
    private mutating func keep(above threshold: Float) -> Int {
        let smallestPruned = 2
        for index in levels.indices { levels[index].kept = Array(repeating: false, count: levels[index].keys.count) }
        var nodes = 0
        var inner = 1
        for index in levels.indices.reversed() {
            var isInner = [Bool](repeating: false, count: index > 0 ? levels[index - 1].keys.count : 0)
            for entry in levels[index].keys.indices {
                guard index < smallestPruned || levels[index].kept[entry] || levels[index].gain[entry] > threshold
                else {
                    continue
                }
                levels[index].kept[entry] = true
                nodes += 1
                guard index > 0 else { continue }
                let context = Int(levels[index].contexts[entry])
                if !isInner[context] {
                    isInner[context] = true
                    inner += 1
                }
                levels[index - 1].kept[context] = true
                levels[index - 1].kept[Int(levels[index].shorter[entry])] = true
            }
        }
        return NGramFile.Offsets(
            symbolBytes: 2 * symbols.count, nodeCount: nodes, innerCount: inner,
            version: NGramFile.version(symbolCount: symbols.count)
        ).end
    }

    /// The probabilities and back-off weights of what was kept, shortest order first.
    private mutating func finished() -> NGramLevels {
        var result: [NGramLevels.Level] = []
        let uniform = 1 / Double(symbols.count + 1)
        for index in levels.indices {
            var level = NGramLevels.Level()
            var backoffs = [Float](repeating: 0, count: index > 0 ? levels[index - 1].keys.count : 0)
            var start = 0
            let count = levels[index].keys.count
            while start < count {
                let context = levels[index].keys[start] >> packing.bits
                var (end, kept) = (start, 0.0)
                while end < count, levels[index].keys[end] >> packing.bits == context {
                    if levels[index].kept[end] { kept += Double(levels[index].discounted[end]) }
                    end += 1
                }
                let backoff = max(1 - kept, 1e-9)
                for entry in start..<end where levels[index].kept[entry] {
                    let shorter = Int(levels[index].shorter[entry])
                    let lower = index == 0 ? uniform : Double(levels[index - 1].probability[shorter])
                    let probability = Float(Double(levels[index].discounted[entry]) + backoff * lower)
                    levels[index].probability[entry] = probability
                    level.keys.append(levels[index].keys[entry])
                    level.logProbabilities.append(log(probability))
                    if index > 0 { backoffs[Int(levels[index].contexts[entry])] = Float(log(backoff)) }
                }
                start = end
            }
            level.logBackoffs = Array(repeating: 0, count: level.keys.count)
            if index > 0 {
                var place = 0
                for entry in backoffs.indices where levels[index - 1].kept[entry] {
                    result[index - 1].logBackoffs[place] = backoffs[entry]
                    place += 1
                }
            }
            result.append(level)
        }
        return NGramLevels(symbols: symbols, levels: result)
    }
}
