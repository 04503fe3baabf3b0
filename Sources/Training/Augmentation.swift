import DuctusDecoding
import DuctusFoundations
import DuctusInk
import DuctusRandomness
import Foundation

/// Random changes of a line of ink, so that a network meets more hands than wrote the corpus.
///
/// All sizes are deviations of normal distributions, in normalized units (1 is the deviation of y of the line).
public struct Augmentation: Sendable, Equatable, Codable {
    /// Logarithm of the stretch along x.
    public var scaleX: Float = 0.12
    /// Logarithm of the stretch along y.
    public var scaleY: Float = 0.08
    /// Slant: x moves by so much per unit of y.
    public var shear: Float = 0.15
    /// Radians.
    public var rotation: Float = 0.03
    /// The deviation of y at each knot of a smooth warp along x.
    public var warpShift: Float = 0.12
    /// Logarithm of the stretch of y at each knot of the warp.
    public var warpGain: Float = 0.08
    /// Distance of the warp's knots.
    public var warpKnot: Float = 4
    /// Logarithm of the change of the resampling step.
    public var step: Float = 0.08
    /// Probability that the line loses its times.
    public var timeDropped: Float = 0.3
    /// Masks of a line: gaps in which all features are set to their mean.
    public var masks = 2
    /// Feature vectors that one mask hides, at most.
    public var maskLength = 7
    /// Share of a line's frames that are masked on average, besides `masks`: so long lines get more masks than words.
    public var maskedShare: Float = 0

    /// The default distortions.
    public init() {}

    /// Decodes the distortions. Keys that are missing keep their default values.
    ///
    /// - Throws: `DecodingError` for a number out of range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let deviations: [(CodingKeys, WritableKeyPath<Augmentation, Float>)] = [
            (.scaleX, \.scaleX), (.scaleY, \.scaleY), (.shear, \.shear), (.rotation, \.rotation),
            (.warpShift, \.warpShift),
            (.warpGain, \.warpGain), (.step, \.step),
        ]
        for (key, path) in deviations { try values.read(key, into: &self[keyPath: path], allowed: 0...10) }
        try values.read(.warpKnot, into: &warpKnot, allowed: 0.01...10_000)
        try values.read(.timeDropped, into: &timeDropped, allowed: 0...1)
        try values.read(.masks, into: &masks, allowed: 0...10_000)
        try values.read(.maskLength, into: &maskLength, allowed: 0...1_000_000)
        try values.read(.maskedShare, into: &maskedShare, allowed: 0...1)
    }

    /// The ink of a line, changed at random. `strokes` and the result are in normalized units.
    public func distort(_ strokes: [Stroke], using random: inout SplitMix64) -> [Stroke] {
        let stretchX = exp(random.normal(deviation: scaleX))
        let stretchY = exp(random.normal(deviation: scaleY))
        let slant = random.normal(deviation: shear)
        let angle = random.normal(deviation: rotation)
        let (sine, cosine) = (sin(angle), cos(angle))
        let losesTime = random.uniform() < timeDropped

        let warp = Warp(
            bounds: Bounds(around: strokes), knot: warpKnot, shift: warpShift, gain: warpGain, using: &random)
        var result = strokes
        for s in result.indices {
            result[s].samples.withUnsafeMutableBufferPointer { samples in
                for i in samples.indices {
                    let (x, y) = (samples[i].x, samples[i].y)
                    let warped = warp.apply(x: x, y: y)
                    let scaledX = stretchX * (x + slant * warped)
                    let scaledY = stretchY * warped
                    samples[i].x = cosine * scaledX - sine * scaledY
                    samples[i].y = sine * scaledX + cosine * scaledY
                    if losesTime { samples[i].time = nil }
                }
            }
        }
        return result
    }

    /// A factor for the resampling step.
    public func stepFactor(using random: inout SplitMix64) -> Float {
        exp(random.normal(deviation: step))
    }

    /// Sets gaps of standardized frames, `dimension` numbers each, to their mean, which is 0.
    public func mask(_ frames: inout [Float], dimension: Int, using random: inout SplitMix64) {
        let count = frames.count / dimension
        let longest = min(maskLength, count / 4)
        guard longest > 0 else { return }
        var gaps = count > 4 * maskLength ? masks : 0
        if maskedShare > 0 {
            let expected = maskedShare * Float(count) / (Float(longest) / 2)
            gaps += Int(expected + random.uniform())
        }
        for _ in 0..<gaps {
            let length = Int.random(in: 0...longest, using: &random)
            let start = Int.random(in: 0...(count - length), using: &random)
            for i in (start * dimension)..<((start + length) * dimension) { frames[i] = 0 }
        }
    }
}

/// A line that wanders: shift and stretch of y, linear between knots along x.
private struct Warp {
    private let left: Float
    private let knot: Float
    private let shifts: [Float]
    private let gains: [Float]

    init(bounds: Bounds?, knot: Float, shift: Float, gain: Float, using random: inout SplitMix64) {
        left = bounds?.minX ?? 0
        self.knot = max(knot, 0.01)
        let knots = min(4096, Int(min((bounds?.width ?? 0) / self.knot, 4000)) + 2)
        shifts = (0..<knots).map { _ in random.normal(deviation: shift) }
        gains = (0..<knots).map { _ in exp(random.normal(deviation: gain)) }
    }

    func apply(x: Float, y: Float) -> Float {
        let place = min(max((x - left) / knot, 0), Float(shifts.count - 1))
        let index = min(Int(place), shifts.count - 2)
        let fraction = place - Float(index)
        let shift = shifts[index] + fraction * (shifts[index + 1] - shifts[index])
        let gain = gains[index] + fraction * (gains[index + 1] - gains[index])
        return gain * y + shift
    }
}
