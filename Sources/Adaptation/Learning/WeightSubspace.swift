import DuctusNetwork
import DuctusRandomness

/// A few numbers that stand for many weights, so that little can be learned by heart and little forgotten. Biases are among them as
/// they are.
///
/// `values` is what an optimizer changes; they begin where the weights are the base.
struct WeightSubspace {
    enum Kind {
        /// A factor for each unit: each row of a matrix is stretched (as Swietojanski et al. 2016 do with a unit's output).
        case gains
        /// A matrix of this rank is added to each matrix (Hu et al.: "LoRA", 2021).
        case lowRank(Int)
    }

    var values: [Float]
    private let kind: Kind
    private let base: [Float]
    private var parts: [Part] = []

    /// A tensor and where its numbers begin in `values`.
    private struct Part {
        var offset: Int
        var rows: Int
        var columns: Int
        var first: Int
        var isBias: Bool
    }

    init(_ kind: Kind, base: [Float], layout: ParameterLayout, seed: UInt64) {
        self.kind = kind
        self.base = base
        values = []
        var random = SplitMix64(seed: seed)
        for tensor in layout.tensors {
            let rows = tensor.shape.first ?? 0
            let part = Part(
                offset: tensor.offset, rows: rows, columns: tensor.count / max(1, rows), first: values.count,
                isBias: !tensor.isWeight)
            parts.append(part)
            if part.isBias {
                values += base[tensor.range]
                continue
            }
            switch kind {
            case .gains: values += [Float](repeating: 0, count: rows)
            case .lowRank(let rank):
                // One factor begins at zero, the other at random: their product is zero, and has a gradient.
                values += [Float](repeating: 0, count: rows * rank)
                let size = 1 / Float(max(1, part.columns)).squareRoot()
                values += (0..<rank * part.columns).map { _ in random.normal(deviation: size) }
            }
        }
    }

    /// All weights of the network.
    var weights: [Float] {
        var weights = base
        for part in parts {
            if part.isBias {
                for row in 0..<part.rows { weights[part.offset + row] = values[part.first + row] }
                continue
            }
            for row in 0..<part.rows {
                let start = part.offset + row * part.columns
                switch kind {
                case .gains:
                    let gain = values[part.first + row]
                    for place in start..<start + part.columns { weights[place] += gain * base[place] }
                case .lowRank(let rank):
                    for r in 0..<rank {
                        let left = values[part.first + row * rank + r]
                        let right = part.first + part.rows * rank + r * part.columns
                        for column in 0..<part.columns { weights[start + column] += left * values[right + column] }
                    }
                }
            }
        }
        return weights
    }

    /// The derivative by `values`, from that by all weights.
    func gradient(of full: [Float]) -> [Float] {
        var gradient = [Float](repeating: 0, count: values.count)
        for part in parts {
            if part.isBias {
                for row in 0..<part.rows { gradient[part.first + row] = full[part.offset + row] }
                continue
            }
            for row in 0..<part.rows {
                let start = part.offset + row * part.columns
                switch kind {
                case .gains:
                    for place in start..<start + part.columns {
                        gradient[part.first + row] += full[place] * base[place]
                    }
                case .lowRank(let rank):
                    for r in 0..<rank {
                        let left = part.first + row * rank + r
                        let right = part.first + part.rows * rank + r * part.columns
                        for column in 0..<part.columns {
                            gradient[left] += full[start + column] * values[right + column]
                            gradient[right + column] += full[start + column] * values[left]
                        }
                    }
                }
            }
        }
        return gradient
    }
}
