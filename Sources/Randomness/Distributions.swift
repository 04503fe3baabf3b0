import Foundation

extension RandomNumberGenerator {
    /// A number from the uniform distribution over `0 ..< 1`, with 24 random bits.
    public mutating func uniform() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// A number from the normal distribution (Box and Muller, 1958).
    public mutating func normal(mean: Float = 0, deviation: Float = 1) -> Float {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return mean + deviation * radius * cos(2 * .pi * uniform())
    }
}
