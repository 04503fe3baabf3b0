import DuctusDecoding
import DuctusRandomness
import Foundation

/// Posteriors for tests: rows of log probabilities that sum to one, drawn from a seed.
struct SimulatedPosteriors {
    var values: [Float] = []
    let labels: Int
    var frames: Int { values.count / labels }

    /// Every class likely now and then.
    static func diffuse(frames: Int, labels: Int, seed: UInt64, sharpness: Float = 2) -> SimulatedPosteriors {
        var generator = SplitMix64(seed: seed)
        var posteriors = SimulatedPosteriors(labels: labels)
        for _ in 0..<frames {
            posteriors.append(logits: (0..<labels).map { _ in generator.normal(deviation: sharpness) })
        }
        return posteriors
    }

    /// Mostly blanks, with a right and a wrong symbol every six frames: what a recognizer gives.
    static func peaky(frames: Int, labels: Int, seed: UInt64) -> SimulatedPosteriors {
        var generator = SplitMix64(seed: seed)
        var posteriors = SimulatedPosteriors(labels: labels)
        var right = 0
        var wrong = 0
        var strength: Float = 0
        for frame in 0..<frames {
            var logits = (0..<labels).map { $0 == 0 ? 6 : generator.normal() }
            if frame % 6 == 3 {
                right = 1 + Int(generator.next() % UInt64(labels - 1))
                wrong = 1 + Int(generator.next() % UInt64(labels - 1))
                strength = 3 + 6 * generator.uniform()
            }
            if frame % 6 == 3 || frame % 6 == 4, right > 0 {
                let share: Float = frame % 6 == 3 ? 1 : 0.6
                logits[right] += 9 * share
                logits[wrong] += strength * share
            }
            posteriors.append(logits: logits)
        }
        return posteriors
    }

    /// Rows given as probabilities.
    init(rows: [[Float]]) {
        labels = rows[0].count
        values = rows.flatMap { $0.map { log($0) } }
    }

    private init(labels: Int) { self.labels = labels }

    private mutating func append(logits: [Float]) {
        let largest = logits.max() ?? 0
        let sum = logits.reduce(0) { $0 + exp($1 - largest) }
        values += logits.map { $0 - largest - log(sum) }
    }

    func withView<Result>(_ body: (Posteriors) throws -> Result) rethrows -> Result {
        try Posteriors.withView(of: values, labels: labels, body)
    }

    /// The probability of each text, by adding up all `labels ^ frames` paths.
    func probabilitiesByEnumeration() -> [[Int]: Double] {
        var result: [[Int]: Double] = [:]
        var path = [Int](repeating: 0, count: frames)
        while true {
            var logarithm = 0.0
            var text: [Int] = []
            for (frame, label) in path.enumerated() {
                logarithm += Double(values[frame * labels + label])
                if label != 0, frame == 0 || path[frame - 1] != label { text.append(label) }
            }
            result[text, default: 0] += exp(logarithm)
            var place = 0
            while place < frames, path[place] == labels - 1 {
                path[place] = 0
                place += 1
            }
            if place == frames { return result }
            path[place] += 1
        }
    }
}

extension SimulatedPosteriors {
    /// The same rows with further classes that never occur.
    static func padded(_ posteriors: Posteriors, to labels: Int) -> SimulatedPosteriors {
        var result = SimulatedPosteriors(labels: labels)
        for frame in 0..<posteriors.frames {
            result.values += posteriors[frame]
            result.values += Array(repeating: -200, count: labels - posteriors.labels)
        }
        return result
    }
}
