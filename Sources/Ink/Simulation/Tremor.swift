import DuctusDrawing
import DuctusRandomness
import Foundation

/// The involuntary part of a hand's movement: white noise through two low-pass filters at about 6 Hz.
package struct Tremor {
    private let amplitude: Double
    private let decay: Double
    private let gain: Double
    private var random: SplitMix64
    private var first = SIMD4<Double>.zero
    private var second = SIMD4<Double>.zero

    /// - Parameters:
    ///   - amplitude: Standard deviation per axis.
    ///   - rate: How often ``next()`` is asked, per second.
    package init(amplitude: Double, rate: Double, random: SplitMix64) {
        self.amplitude = amplitude
        self.random = random
        decay = exp(-2 * .pi * 6 / rate)
        // Two equal one-pole filters with decay a pass (1 + a²) / (1 − a²)³ of the variance.
        gain = ((1 - decay * decay) * (1 - decay * decay) * (1 - decay * decay) / (1 + decay * decay)).squareRoot()
    }

    /// The variation of the pressure, as smooth as the tremor, with deviation 1.
    package var load: Double { second.z }

    /// The next displacement.
    package mutating func next() -> PlanePoint {
        let noise = SIMD4(Double(random.normal()), Double(random.normal()), Double(random.normal()), 0)
        first = first * decay + noise * gain
        second = second * decay + first
        return PlanePoint(second.x, second.y) * amplitude
    }
}
