import DuctusInk
import DuctusNetwork

/// Computes the derivative of a reading's loss by each point of its ink.
///
/// The backward pass through the network is exact. That through the features uses central differences of one point at a
/// time, because resampling and normalization have no simple derivative.
public struct InkGradient {
    /// The derivative by a point's place.
    public struct Slope: Sendable, Equatable {
        public var x: Float
        public var y: Float
    }

    private let model: Model
    private let configuration: FeatureConfiguration
    private var extractor: FeatureExtractor
    private var features: Features

    /// - Throws: `ModelError.wrongInput` where the model reads no ink.
    public init(_ model: Model) throws {
        guard case .ink(let configuration) = model.input else {
            throw ModelError.wrongInput(model: model.name, expected: "sensor vectors")
        }
        self.model = model
        self.configuration = configuration
        extractor = FeatureExtractor(configuration)
        features = Features(dimension: configuration.dimension)
    }

    /// Ink as the network is given it.
    public mutating func frames(of strokes: [Stroke]) -> [Float] {
        extractor.extract(strokes, into: &features)
        model.standardization.apply(to: &features.values)
        return features.values
    }

    /// The derivative of a reading's connectionist loss by the place of each sample, stroke after stroke.
    ///
    /// - Parameters:
    ///   - labels: the reading.
    ///   - step: how far a point is moved for the differences, in the ink's units.
    /// - Throws: `NetworkError`.
    public mutating func slopes(of strokes: [Stroke], reading labels: [Int32], step: Float) throws -> [Slope] {
        let frames = frames(of: strokes)
        let byFeature = try featureGradient(frames, labels)
        var moved = strokes
        var slopes: [Slope] = []
        for stroke in strokes.indices {
            for sample in strokes[stroke].samples.indices {
                slopes.append(
                    Slope(
                        x: difference(&moved, stroke, sample, \.x, step, byFeature),
                        y: difference(&moved, stroke, sample, \.y, step, byFeature)))
            }
        }
        return slopes
    }

    /// The derivative of the loss by one coordinate, through all features.
    private mutating func difference(
        _ strokes: inout [Stroke], _ stroke: Int, _ sample: Int, _ coordinate: WritableKeyPath<Sample, Float>,
        _ step: Float, _ byFeature: [Float]
    ) -> Float {
        let place = strokes[stroke].samples[sample][keyPath: coordinate]
        strokes[stroke].samples[sample][keyPath: coordinate] = place + step
        let above = frames(of: strokes)
        strokes[stroke].samples[sample][keyPath: coordinate] = place - step
        let below = frames(of: strokes)
        strokes[stroke].samples[sample][keyPath: coordinate] = place
        // A point that makes a frame more or less has no slope.
        guard above.count == byFeature.count, below.count == byFeature.count else { return 0 }
        var sum: Float = 0
        for index in byFeature.indices { sum += byFeature[index] * (above[index] - below[index]) }
        return sum / (2 * step)
    }

    /// The derivative by each number of each frame: the frames are the vectors of an embedding that the network reads one by one.
    private func featureGradient(_ frames: [Float], _ labels: [Int32]) throws -> [Float] {
        let count = frames.count / configuration.dimension
        guard count > 0 else { return [] }
        let architecture = model.network.architecture.preceded(
            by: .embedding(.init(count: count, out: configuration.dimension)), input: 1)
        let backpropagation = try Backpropagation(
            architecture: architecture, parameters: frames + model.network.parameters,
            instructionSet: model.network.instructionSet)
        var batch = Batch(dimension: 1)
        batch.append((0..<count).map(Float.init))
        try backpropagation.computeGradient(of: batch, targets: [.ctc(labels)], reduction: .sum, dropout: false)
        return Array(backpropagation.gradient.prefix(frames.count))
    }
}
