import Foundation

/// A learning rate that rises linearly, then falls along a cosine (Loshchilov and Hutter: "SGDR", ICLR 2017).
public struct LearningRateSchedule: Codable, Hashable, Sendable {
    /// The highest rate, reached after `warmUp` steps.
    public var peak: Float
    /// Steps of the rise.
    public var warmUp: Int
    /// Steps of the whole run; later ones stay at the floor.
    public var total: Int
    /// The last rate, as a fraction of `peak`.
    public var floor: Float

    /// A schedule; `warmUp` and `total` are counted in steps.
    public init(peak: Float, warmUp: Int, total: Int, floor: Float = 0) {
        self.peak = peak
        self.warmUp = warmUp
        self.total = total
        self.floor = floor
    }

    /// The rate of a step, the first being 0.
    public func rate(at step: Int) -> Float {
        if step < warmUp { return peak * Float(step + 1) / Float(warmUp) }
        let progress = Double(min(step, total) - warmUp) / Double(max(total - warmUp, 1))
        let cosine = Float(0.5 * (1 + cos(.pi * min(max(progress, 0), 1))))
        return peak * (floor + (1 - floor) * cosine)
    }
}
