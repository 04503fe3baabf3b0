import DuctusRandomness
import Foundation

/// A sensor on a moving body that nobody has to wear: three channels that rest, sway, or shake, with noise, an offset per subject, and
/// known labels and text. For fixtures and tests, where recordings of people may not be shipped.
public struct SimulatedSensor: Sendable {
    /// The body's activity, and the speed and extent of its movement.
    public enum Movement: String, Sendable, CaseIterable {
        case rest = "REST"
        case sway = "SWAY"
        case shake = "SHAKE"

        var hertz: Double {
            switch self {
            case .rest: 0
            case .sway: 1
            case .shake: 4
            }
        }

        /// As a recording's text writes it: how many times a second.
        public var figure: String { "\(Int(hertz))" }
    }

    /// The names of the axes.
    public static let channels = ["x", "y", "z"]
    /// Vectors per second.
    public let rate: Double
    private var random: SplitMix64
    private let subject: String
    private let offset: [Double]
    private let vigor: Double
    private var phase = 0.0

    /// A sensor at a subject's wrist.
    ///
    /// - Parameters:
    ///   - rate: vectors per second.
    ///   - seed: the seed of all noise; the same seed gives the same vectors.
    public init(subject: String, rate: Double = 50, seed: UInt64) {
        self.subject = subject
        self.rate = rate
        var random = SplitMix64(seed: seed)
        offset = (0..<3).map { _ in Double(random.normal(deviation: 0.2)) }
        vigor = exp(Double(random.normal(deviation: 0.15)))
        self.random = random
    }

    /// A recording in which movements follow each other, two to six seconds each, with half a second between them that has no label.
    public mutating func recording(id: String, seconds: Double) -> SensorRecording {
        let count = Int(seconds * rate)
        var values: [Float] = []
        var spans: [SensorRecording.Span] = []
        var text = ""
        var movement = Movement.rest
        while values.count / 3 < count {
            let others = Movement.allCases.filter { $0 != movement }
            movement = others[min(others.count - 1, Int(random.uniform() * Float(others.count)))]
            let first = values.count / 3
            let length = Int((2 + 4 * Double(random.uniform())) * rate)
            for _ in 0..<min(length, count - first) { values += vector(movement) }
            spans.append(.init(first: first, end: values.count / 3, name: movement.rawValue))
            text += movement.figure
            for _ in 0..<min(Int(rate / 2), count - values.count / 3) { values += vector(.rest) }
        }
        return SensorRecording(
            id: id, subject: subject, rate: rate, channels: Self.channels, values: values, spans: spans,
            text: text)
    }

    private mutating func vector(_ movement: Movement) -> [Float] {
        phase += 2 * Double.pi * movement.hertz / rate
        let reach = movement == .rest ? 0 : vigor
        return (0..<3).map { channel in
            Float(offset[channel] + reach * sin(phase + Double(channel))) + random.normal(deviation: 0.15)
        }
    }
}
