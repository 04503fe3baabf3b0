import Foundation

/// The baseline and the size of writing along a line, estimated in a Gaussian window that moves along x.
///
/// All in normalized units (see `SegmentNormalization`). With w the arc length, K a Gaussian with peak 1, p the prior length:
///
///     drift(x) = Σ w K y / (Σ w K + p)
///     log scale(x) = Σ w K / (Σ w K + p) · ½ log(Σ w K (y − drift)² / Σ w K),  clipped to 0.5…2
///
/// both on a grid of one unit, interpolated between. The ink is shared out among the two nearest grid points, so that an
/// estimate costs the window's width, not the ink's length. A place then becomes
/// x' = ∫ du / scale(u) from the left end, y' = (y − drift(x)) / scale(x).
struct LineProfile {
    /// Grid points, one per unit. Text needs at most 1 / `scaleFloorOfSegment` = 333; what is beyond counts at the edge.
    static let capacity = 1_024

    private let settings: FeatureConfiguration.LocalNormalization
    private let driftKernel: [Float]
    private let scaleKernel: [Float]
    /// x of the first grid point.
    private var start: Float = 0
    /// Sums per grid point: arc length, times y, times the squared distance from the drift.
    private var weight: [Float]
    private var weightedY: [Float]
    private var weightedSquare: [Float]
    /// Grid points with ink, for estimates that need not look elsewhere.
    private var used = 0..<0

    init(_ settings: FeatureConfiguration.LocalNormalization) {
        self.settings = settings
        driftKernel = Self.kernel(settings.baselineBandwidth)
        scaleKernel = Self.kernel(settings.scaleBandwidth)
        weight = [Float](repeating: 0, count: Self.capacity)
        weightedY = weight
        weightedSquare = weight
    }

    /// One side of a Gaussian, from its peak, 1, to three deviations.
    private static func kernel(_ bandwidth: Float) -> [Float] {
        let deviation = min(max(bandwidth, 0.25), 200)
        return (0...Int((3 * deviation).rounded(.up))).map { exp(-0.5 * pow(Float($0) / deviation, 2)) }
    }

    /// Forgets all ink; the grid then begins at `start`.
    mutating func reset(start: Float) {
        self.start = start
        for cell in used {
            weight[cell] = 0
            weightedY[cell] = 0
            weightedSquare[cell] = 0
        }
        used = 0..<0
    }

    /// Number of the last grid point needed for ink that ends at `x`.
    func lastCell(upTo x: Float) -> Int {
        place(x).cell + 1
    }

    /// The grid point at or left of `x` and the share of the next one.
    @inline(__always)
    private func place(_ x: Float) -> (cell: Int, share: Float) {
        let position = min(max(x - start, 0), Float(Self.capacity - 2))
        let cell = Int(position)
        return (cell, min(position - Float(cell), 1))
    }

    /// Adds the ink between two points to the estimate of the baseline.
    mutating func addBaseline(_ from: CleanPoint, _ to: CleanPoint) {
        let length = from.distance(to: to)
        guard length > 0 else { return }
        let (cell, share) = place((from.x + to.x) / 2)
        let y = (from.y + to.y) / 2
        weight[cell] += length * (1 - share)
        weight[cell + 1] += length * share
        weightedY[cell] += length * (1 - share) * y
        weightedY[cell + 1] += length * share * y
        used = used.isEmpty ? cell..<cell + 2 : min(used.lowerBound, cell)..<max(used.upperBound, cell + 2)
    }

    /// Adds the ink between two points to the estimate of the scale; its own baseline is added already.
    mutating func addScale(_ from: CleanPoint, _ to: CleanPoint, drift: Float) {
        let length = from.distance(to: to)
        guard length > 0 else { return }
        let (cell, share) = place((from.x + to.x) / 2)
        let y = (from.y + to.y) / 2 - drift
        let rise = to.y - from.y
        let square = length * (y * y + rise * rise / 12)
        weightedSquare[cell] += (1 - share) * square
        weightedSquare[cell + 1] += share * square
    }

    /// The baseline at a grid point.
    func drift(atCell cell: Int) -> Float {
        guard settings.followBaseline else { return 0 }
        let sums = windowed(weightedY, driftKernel, cell)
        return sums.value / max(sums.weight + settings.priorLength, .leastNormalMagnitude)
    }

    /// The size at a grid point.
    func scale(atCell cell: Int) -> Float {
        guard settings.followScale else { return 1 }
        let sums = windowed(weightedSquare, scaleKernel, cell)
        guard sums.weight > 1e-3, sums.value > 0 else { return 1 }
        let belief = sums.weight / (sums.weight + settings.priorLength)
        return min(max(exp(belief * 0.5 * log(sums.value / sums.weight)), 0.5), 2)
    }

    /// A function of the grid, between its points.
    func interpolated(_ x: Float, _ value: (Int) -> Float) -> Float {
        let (cell, share) = place(x)
        let left = value(cell)
        return share == 0 ? left : left + share * (value(cell + 1) - left)
    }

    /// Sums of the ink's length and of `values` in the window around a grid point.
    private func windowed(_ values: [Float], _ kernel: [Float], _ cell: Int) -> (weight: Float, value: Float) {
        let low = max(used.lowerBound, cell - kernel.count + 1)
        let high = min(used.upperBound, cell + kernel.count)
        guard low < high else { return (0, 0) }
        var sum: (weight: Float, value: Float) = (0, 0)
        weight.withUnsafeBufferPointer { weight in
            values.withUnsafeBufferPointer { values in
                kernel.withUnsafeBufferPointer { kernel in
                    for other in low..<high {
                        let k = kernel[abs(other - cell)]
                        sum.weight += k * weight[other]
                        sum.value += k * values[other]
                    }
                }
            }
        }
        return sum
    }
}
