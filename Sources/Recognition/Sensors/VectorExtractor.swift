import Foundation

/// Turns a recording's vectors into the frames that a network reads: resampled, normalized, with slopes, stacked.
///
/// A number that is missing stays NaN up to `standardize`, which makes it the training set's mean: a dead channel then says
/// nothing instead of something wrong.
public struct VectorExtractor: Sendable {
    public let configuration: VectorConfiguration

    public init(_ configuration: VectorConfiguration) {
        self.configuration = configuration
    }

    /// The frames of a whole recording, row-major, not standardized yet.
    ///
    /// - Parameters:
    ///   - values: vectors × channels, row-major.
    ///   - rate: vectors per second of `values`.
    public func frames(_ values: [Float], rate: Double) -> [Float] {
        var vectors = resampled(values, from: rate)
        if configuration.normalizesRecording { normalize(&vectors) }
        let width = configuration.channels.count * (configuration.deltas ? 2 : 1)
        if configuration.deltas { vectors = withSlopes(vectors) }
        let dimension = width * configuration.stack
        // What does not fill a frame at the end is left out.
        return Array(vectors.prefix(vectors.count / max(1, dimension) * dimension))
    }

    /// Standardizes frames; what is missing becomes the mean.
    public func standardize(_ frames: inout [Float], with standardization: Standardization) {
        standardization.apply(to: &frames)
        for index in frames.indices where !frames[index].isFinite { frames[index] = 0 }
    }

    /// Linear interpolation to the model's rate; where either neighbour is missing the result is missing.
    private func resampled(_ values: [Float], from rate: Double) -> [Float] {
        guard abs(rate - configuration.rate) > 1e-6 * configuration.rate else { return values }
        let width = configuration.channels.count
        let count = values.count / width
        guard count > 1 else { return values }
        let ratio = rate / configuration.rate
        let length = Int((Double(count - 1) / ratio).rounded(.down)) + 1
        var result: [Float] = []
        result.reserveCapacity(length * width)
        for index in 0..<length {
            let place = Double(index) * ratio
            let left = min(Int(place), count - 2)
            let fraction = Float(place - Double(left))
            for channel in 0..<width {
                let (a, b) = (values[left * width + channel], values[(left + 1) * width + channel])
                result.append(fraction == 0 ? a : a + fraction * (b - a))
            }
        }
        return result
    }

    /// Removes each channel's mean and deviation over the recording.
    private func normalize(_ vectors: inout [Float]) {
        let width = configuration.channels.count
        for channel in 0..<width {
            let indexes = stride(from: channel, to: vectors.count, by: width)
            var (sum, squares, count) = (0.0, 0.0, 0.0)
            for index in indexes where vectors[index].isFinite {
                let value = Double(vectors[index])
                sum += value
                squares += value * value
                count += 1
            }
            guard count > 0 else { continue }
            let mean = sum / count
            let deviation = max(0, squares / count - mean * mean).squareRoot()
            let scale = deviation > 1e-6 ? 1 / deviation : 1
            for index in indexes { vectors[index] = Float((Double(vectors[index]) - mean) * scale) }
        }
    }

    /// Each vector followed by its slope: the least-squares line through five vectors (Furui 1986).
    private func withSlopes(_ vectors: [Float]) -> [Float] {
        let width = configuration.channels.count
        let count = vectors.count / width
        var result: [Float] = []
        result.reserveCapacity(2 * vectors.count)
        for index in 0..<count {
            result.append(contentsOf: vectors[(index * width)..<((index + 1) * width)])
            for channel in 0..<width {
                func value(_ offset: Int) -> Float {
                    vectors[min(max(index + offset, 0), count - 1) * width + channel]
                }
                result.append((value(1) - value(-1) + 2 * (value(2) - value(-2))) / 10)
            }
        }
        return result
    }
}

extension SensorRecording {
    /// For each stacked frame its label's class, or -1 where its middle vector has none.
    ///
    /// - Parameter names: the classes, from 0.
    public func frameLabels(_ configuration: VectorConfiguration, names: [String]) -> [Int32] {
        let classes = Dictionary(names.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
        var labels = [Int32](repeating: -1, count: count)
        for span in spans {
            for index in span.first..<span.end { labels[index] = classes[span.name] ?? -1 }
        }
        let vectors = count < 2 ? count : Int((Double(count - 1) * configuration.rate / rate).rounded(.down)) + 1
        return (0..<(vectors / configuration.stack)).map { frame in
            let middle = (Double(frame) + 0.5) * Double(configuration.stack) * rate / configuration.rate
            return labels[min(count - 1, Int(middle))]
        }
    }
}
