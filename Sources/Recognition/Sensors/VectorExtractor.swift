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
        if configuration.deltas { vectors = withSlopes(vectors) }
        let dimension = configuration.dimension
        // What does not fill a frame at the end is left out.
        return Array(vectors.prefix(vectors.count / max(1, dimension) * dimension))
    }

    /// Standardizes frames; what is missing becomes the mean.
    public func standardize(_ frames: inout [Float], with standardization: Standardization) {
        standardization.apply(to: &frames)
        for index in frames.indices where !frames[index].isFinite { frames[index] = 0 }
    }

    private func resampled(_ values: [Float], from rate: Double) -> [Float] {
        guard rate != configuration.rate else { return values }
        var resampler = VectorResampler(channels: configuration.channels.count, rate: configuration.rate)
        var result: [Float] = []
        var sources: [Int] = []
        resampler.append(values, rate: rate, into: &result, sources: &sources)
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

    /// The slope of the least-squares line through five vectors, from the two before and the two after (Furui 1986).
    static func slope(_ a: Float, _ b: Float, _ d: Float, _ e: Float) -> Float { (d - b + 2 * (e - a)) / 10 }

    /// Each vector followed by its slope.
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
                result.append(Self.slope(value(-2), value(-1), value(1), value(2)))
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
