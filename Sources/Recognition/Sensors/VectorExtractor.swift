import DuctusInk
import Foundation

/// Turns a recording's vectors into the frames that a network reads: resampled, normalized, with slopes, stacked.
///
/// A number that is missing stays NaN up to `standardize`, which makes it the training set's mean: a dead channel then says
/// nothing instead of something wrong.
public struct VectorExtractor: Sendable {
    /// The features that are measured.
    public let configuration: VectorConfiguration

    /// An extractor of those features.
    public init(_ configuration: VectorConfiguration) {
        self.configuration = configuration
    }

    /// The frames of a whole recording, row-major, not standardized yet.
    ///
    /// - Parameters:
    ///   - values: vectors × channels, row-major.
    ///   - rate: vectors per second of `values`.
    public func frames(_ values: [Float], rate: Double) -> [Float] {
        var features = Features(dimension: configuration.dimension)
        extract(values, rate: rate, into: &features)
        return features.values
    }

    /// Replaces what is in `features` by a recording's frames, not standardized yet, and where each comes from.
    public func extract(_ recorded: SensorVectors, into features: inout Features) {
        extract(recorded.values, rate: recorded.rate, into: &features)
    }

    /// The frames are those that `IncrementalVectorExtractor` gives; only mean and deviation are those of the whole recording here. What does
    /// not fill a frame at the end is left out.
    private func extract(_ values: [Float], rate: Double, into features: inout Features) {
        features.removeAll()
        let channels = max(1, configuration.channels.count)
        var vectors: [Float] = []
        var ends: [Int] = []
        var resampler = VectorResampler(channels: channels, rate: configuration.rate)
        resampler.append(values, rate: rate, into: &vectors, sources: &ends)
        for index in ends.indices { ends[index] += 1 }
        if configuration.normalizesRecording { normalize(&vectors) }
        var whole = configuration
        whole.normalizesRecording = false
        var extractor = IncrementalVectorExtractor(whole)
        var origins: [VectorOrigin] = []
        extractor.append(vectors, ends: ends, into: &features.values, origins: &origins)
        extractor.finish(into: &features.values, origins: &origins)
        features.origins = origins.map {
            FrameOrigin(
                stroke: 0, firstSample: Int32(clamping: $0.vectors.lowerBound),
                endSample: Int32(clamping: $0.vectors.upperBound))
        }
    }

    /// Standardizes frames; what is missing becomes the mean.
    public func standardize(_ frames: inout [Float], with standardization: Standardization) {
        standardization.apply(to: &frames)
        for index in frames.indices where !frames[index].isFinite { frames[index] = 0 }
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
