import DuctusRandomness

/// The factors of dropout (Srivastava et al. 2014): 0 for what is left out, 1 / (1 − dropout) for the rest.
enum DropoutMask {
    /// Draws `count` factors, four from each random number: the share is exact to 2⁻¹⁶.
    static func fill(
        _ mask: UnsafeMutablePointer<Float>, count: Int, dropout: Float, _ generator: inout SplitMix64
    ) {
        let threshold = UInt64(dropout * 65536)
        let kept = 1 / (1 - Float(threshold) / 65536)
        var index = 0
        while index < count {
            var bits = generator.next()
            for _ in 0..<min(4, count - index) {
                mask[index] = bits & 0xffff < threshold ? 0 : kept
                bits >>= 16
                index += 1
            }
        }
    }
}
