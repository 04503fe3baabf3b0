import Foundation

/// Brings every feature to mean 0 and deviation 1 over the training set; stored with the weights.
public struct Standardization: Sendable, Equatable {
    /// Mean of each feature over the training frames.
    public let mean: [Float]
    /// The factor of each feature after its mean is subtracted: one over its deviation, 1 for a feature that never
    /// varies.
    public let scale: [Float]

    /// From the mean and the deviation (≥ 0) of each feature. A deviation too small to divide by counts as 1.
    public init(mean: [Float], deviation: [Float]) {
        precondition(mean.count == deviation.count, "\(mean.count) means but \(deviation.count) deviations")
        self.mean = mean
        scale = deviation.map { $0 > 1e-6 ? 1 / $0 : 1 }
    }

    /// Leaves `dimension` features as they are.
    public static func identity(_ dimension: Int) -> Standardization {
        Standardization(
            mean: [Float](repeating: 0, count: dimension), deviation: [Float](repeating: 1, count: dimension))
    }

    /// Deviation of each feature, as it is stored.
    public var deviation: [Float] { scale.map { 1 / $0 } }

    /// Standardizes whole frames in place; `frames` holds a multiple of `mean.count` values, frame after frame.
    public func apply(to frames: UnsafeMutableBufferPointer<Float>) {
        let width = mean.count
        guard width > 0 else { return }
        mean.withUnsafeBufferPointer { mean in
            scale.withUnsafeBufferPointer { scale in
                var row = 0
                while row + width <= frames.count {
                    for column in 0..<width {
                        frames[row + column] = (frames[row + column] - mean[column]) * scale[column]
                    }
                    row += width
                }
            }
        }
    }

    /// Standardizes whole frames in place.
    public func apply(to frames: inout [Float]) {
        frames.withUnsafeMutableBufferPointer { apply(to: $0) }
    }
}

extension Standardization {
    /// Gathers mean and deviation over frames without holding them, in double precision.
    public struct Estimator: Sendable {
        /// The number of values of each feature. Missing numbers are not counted.
        private var counts: [Double]
        private var sum: [Double]
        private var squares: [Double]

        /// An estimator of frames of `dimension` numbers that has seen none.
        public init(dimension: Int) {
            sum = [Double](repeating: 0, count: dimension)
            squares = sum
            counts = sum
        }

        /// Takes whole frames in; numbers that are not finite are left out.
        public mutating func add(_ frames: [Float]) {
            let width = sum.count
            for row in stride(from: 0, to: frames.count - frames.count % width, by: width) {
                for column in 0..<width {
                    let value = Double(frames[row + column])
                    guard value.isFinite else { continue }
                    counts[column] += 1
                    sum[column] += value
                    squares[column] += value * value
                }
            }
        }

        /// Takes in what another estimator of the same dimension gathered.
        public mutating func merge(_ other: Estimator) {
            for column in sum.indices {
                counts[column] += other.counts[column]
                sum[column] += other.sum[column]
                squares[column] += other.squares[column]
            }
        }

        /// The standardization of the data so far; the identity for features without data.
        public var standardization: Standardization {
            let mean = sum.indices.map { counts[$0] > 0 ? sum[$0] / counts[$0] : 0 }
            let deviation = sum.indices.map { column in
                counts[column] > 0
                    ? max(0, squares[column] / counts[column] - mean[column] * mean[column]).squareRoot() : 1
            }
            return Standardization(mean: mean.map(Float.init), deviation: deviation.map(Float.init))
        }
    }
}
