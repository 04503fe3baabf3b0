import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

/// Prefix probabilities against all alignments of a few frames.
@Suite struct ConnectionistPrefixesTests {
    private static let frames = 5
    private static let classes = 3

    private func posteriors(seed: UInt64) -> [Float] {
        var random = SplitMix64(seed: seed)
        return (0..<Self.frames).flatMap { _ -> [Float] in
            let scores = (0..<Self.classes).map { _ in exp(random.normal(deviation: 1.5)) }
            let sum = scores.reduce(0, +)
            return scores.map { log($0 / sum) }
        }
    }

    /// The probability of each text, summed over its alignments.
    private func texts(_ values: [Float]) -> [[Int]: Double] {
        var found: [[Int]: Double] = [:]
        let count = Int(pow(Double(Self.classes), Double(Self.frames)))
        for number in 0..<count {
            var (rest, last, text, logProbability) = (number, 0, [Int](), 0.0)
            for frame in 0..<Self.frames {
                let label = rest % Self.classes
                rest /= Self.classes
                logProbability += Double(values[frame * Self.classes + label])
                if label != 0, label != last { text.append(label) }
                last = label
            }
            found[text, default: 0] += exp(logProbability)
        }
        return found
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithEveryAlignment(seed: UInt64) throws {
        let values = posteriors(seed: seed)
        let texts = texts(values)
        Posteriors.withView(of: values, labels: Self.classes) { posteriors in
            let prefixes = ConnectionistPrefixes(posteriors)
            for text in [[], [1], [2], [1, 1], [1, 2], [2, 2, 1], [1, 2, 1], [1, 1, 1], [2, 1, 2, 1, 2]] {
                let prefix = text.reduce(prefixes.empty) { prefixes.extending($0, by: $1) }
                let whole = texts.filter { $0.key.starts(with: text) }.values.reduce(0, +)
                #expect(abs(exp(prefix.logProbability) - whole) < 1e-6, "\(text)")
                #expect(abs(exp(prefix.endLogProbability) - (texts[text] ?? 0)) < 1e-6, "\(text)")
            }
        }
    }

    @Test func whatTheFramesCannotHoldHasNoProbability() {
        Posteriors.withView(of: posteriors(seed: 4), labels: Self.classes) { posteriors in
            let prefixes = ConnectionistPrefixes(posteriors)
            // Four times the same symbol need three blanks between them: seven frames.
            let prefix = [1, 1, 1, 1].reduce(prefixes.empty) { prefixes.extending($0, by: $1) }
            #expect(prefix.logProbability == -.infinity && prefix.endLogProbability == -.infinity)
        }
    }

    @Test func withoutFramesOnlyTheEmptyTextIsLeft() {
        Posteriors.withView(of: [], labels: Self.classes) { posteriors in
            let prefixes = ConnectionistPrefixes(posteriors)
            #expect(prefixes.empty.endLogProbability == 0)
            #expect(prefixes.extending(prefixes.empty, by: 1).logProbability == -.infinity)
        }
    }
}
