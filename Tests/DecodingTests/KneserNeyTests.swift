import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

@Suite struct KneserNeyTests {
    private static func corpus(_ lines: [String], symbols: String = "abc ") throws -> TextCorpus {
        var corpus = try TextCorpus(alphabet: Alphabet(symbols: symbols.map(String.init)))
        for line in lines { corpus.add(line) }
        return corpus
    }

    /// Lines whose symbols depend on the two before, with some noise.
    private static func lines(count: Int, seed: UInt64) -> [String] {
        var generator = SplitMix64(seed: seed)
        let symbols = Array("abc ")
        return (0..<count).map { _ in
            var line = "a"
            var state = 0
            for _ in 0..<Int.random(in: 3..<20, using: &generator) {
                let step = generator.uniform() < 0.7 ? 1 : Int.random(in: 0..<4, using: &generator)
                state = (state + step) % 4
                line.append(symbols[state])
            }
            return line
        }
    }

    /// The method written down plainly, with dictionaries: the probability of each symbol (0 is the line's boundary) after a history.
    private struct Plain {
        let order: Int
        var counts: [[[Int]: Double]]
        var discounts: [[Double]] = []

        init(_ lines: [String], symbols: String, order: Int) {
            self.order = order
            let numbers = Dictionary(uniqueKeysWithValues: zip(symbols, 1...))
            var raw = [[[Int]: Double]](repeating: [:], count: order)
            for line in lines {
                let text = [0] + line.compactMap { numbers[$0] } + [0]
                for end in 1..<text.count {
                    for length in 1...order where end - length + 1 >= 0 {
                        raw[length - 1][Array(text[(end - length + 1)...end]), default: 0] += 1
                    }
                }
            }
            counts = raw
            for length in stride(from: order - 1, to: 0, by: -1) {
                counts[length - 1] = [:]
                for gram in raw[length].keys { counts[length - 1][Array(gram.dropFirst()), default: 0] += 1 }
                for (gram, count) in raw[length - 1] where length > 1 && gram[0] == 0 {
                    counts[length - 1][gram] = count
                }
            }
            discounts = counts.map { level -> [Double] in
                let n: [Double] = (0...4).map { k in Double(level.values.count { $0 == Double(k) }) }
                guard n[1] > 0, n[2] > 0, n[3] > 0, n[4] > 0 else { return [0, 0.5, 0.75, 0.9] }
                let y = n[1] / (n[1] + 2 * n[2])
                return [0]
                    + (1...3).map { (k: Int) -> Double in
                        let estimate: Double = Double(k) - Double(k + 1) * y * n[k + 1] / n[k]
                        return min(max(estimate, 0.05), Double(k) - 0.05)
                    }
            }
        }

        func probability(of symbol: Int, after history: [Int], classes: Int) -> Double {
            let history = Array(history.suffix(order - 1))
            let level = counts[history.count]
            let shorter =
                history.isEmpty
                ? 1 / Double(classes) : probability(of: symbol, after: Array(history.dropFirst()), classes: classes)
            let followers = level.filter { Array($0.key.dropLast()) == history }
            let sum = followers.values.reduce(0, +)
            guard sum > 0 else { return shorter }
            let discount = discounts[history.count]
            let freed = followers.values.reduce(0) { $0 + discount[min(3, Int($1))] } / sum
            let count = level[history + [symbol]] ?? 0
            return max(count - discount[min(3, Int(count))], 0) / sum + freed * shorter
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func probabilitiesAreThoseOfTheMethod(order: Int) throws {
        let lines = Self.lines(count: 60, seed: 3)
        let levels = try KneserNey.estimate(Self.corpus(lines), order: order)
        let plain = Plain(lines, symbols: "abc ", order: order)
        var checked = 0
        for (length, level) in levels.levels.enumerated() {
            for (key, logProbability) in zip(level.keys, level.logProbabilities) {
                let gram = (0...length).map { Int(key >> UInt64(7 * (length - $0))) & 0x7f }
                // A line's beginning stands alone as a context; it is never predicted after something.
                let expected = plain.probability(of: gram[length], after: Array(gram.dropLast()), classes: 5)
                #expect(abs(exp(Double(logProbability)) - expected) < 1e-5, "\(gram)")
                checked += 1
            }
        }
        #expect(checked == levels.count && checked > 4)
    }

    @Test(arguments: [KneserNey.Pruning.none, .threshold(0.5), .threshold(3), .size(bytes: 5000)])
    func everyContextsProbabilitiesSumToOne(pruning: KneserNey.Pruning) throws {
        let lines = Self.lines(count: 300, seed: 4)
        let model = try LanguageModel(levels: KneserNey.estimate(Self.corpus(lines), order: 6, pruning: pruning))
        var generator = SplitMix64(seed: 5)
        for _ in 0..<200 {
            let context = String(
                (0..<Int.random(in: 0..<10, using: &generator)).map { _ in
                    "abc ".randomElement(using: &generator) ?? "a"
                })
            let sum = model.distribution(after: context).reduce(0) { $0 + exp($1) }
            // Codes of eight bits are not exact.
            #expect(abs(sum - 1) < 0.01, "\"\(context)\": \(sum)")
        }
    }

    @Test func unquantizedProbabilitiesSumToOne() throws {
        // So small a corpus has fewer distinct values than codes: nothing is lost.
        let model = try LanguageModel(
            levels: KneserNey.estimate(Self.corpus(["ab", "abc", "b a"]), order: 4, pruning: .threshold(0.4)))
        for context in ["", "a", "ab", "abc", "b a", "ccc", "a a b"] {
            let sum = model.distribution(after: context).reduce(0) { $0 + exp($1) }
            #expect(abs(sum - 1) < 1e-4, "\"\(context)\": \(sum)")
        }
    }

    @Test func longerContextsHelpUntilTheyDoNot() throws {
        let training = Self.lines(count: 2000, seed: 6)
        let held = Self.lines(count: 200, seed: 7)
        let bits = try (1...3).map { order in
            try LanguageModel(levels: KneserNey.estimate(Self.corpus(training), order: order)).bitsPerCharacter(
                lines: held)
        }
        #expect(bits[1] < bits[0] - 0.1)
        #expect(bits[2] < bits[0])
    }

    @Test func pruningToASizeKeepsTheSize() throws {
        let corpus = try Self.corpus(Self.lines(count: 500, seed: 8))
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).ngram")
        defer { try? FileManager.default.removeItem(at: url) }
        let whole = try LanguageModel.write(KneserNey.estimate(corpus, order: 7), to: url)
        let pruned = try LanguageModel.write(KneserNey.estimate(corpus, order: 7, pruning: .size(bytes: 8000)), to: url)
        #expect(whole > 8000)
        #expect(pruned <= 8000 && pruned > 6000)
    }

    @Test func nothingCannotBeLearnedFrom() throws {
        #expect(throws: LanguageModelFault.noText) { try KneserNey.estimate(Self.corpus([]), order: 3) }
        #expect(throws: LanguageModelFault.badOrder(10, largest: 9, symbols: 4)) {
            try KneserNey.estimate(Self.corpus(["a"]), order: 10)
        }
        #expect(throws: LanguageModelFault.badOrder(0, largest: 9, symbols: 4)) {
            try KneserNey.estimate(Self.corpus(["a"]), order: 0)
        }
    }
}
