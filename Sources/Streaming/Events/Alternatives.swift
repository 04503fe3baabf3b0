import DuctusRecognition
import Foundation

extension LabelEvent {
    /// The readings behind the best one, their scores normalized over all that were kept.
    static func alternatives(of recognition: Recognition, limit: Int) -> [Alternative] {
        guard limit > 0, let best = recognition.alternatives.first else { return [] }
        var sum: Float = 0
        for reading in recognition.alternatives { sum += exp(reading.score - best.score) }
        let total = best.score + log(sum)
        return recognition.alternatives.lazy
            .filter { $0.text != recognition.text }
            .prefix(limit)
            .map { Alternative(text: $0.text, score: $0.score - total) }
    }
}
