import DuctusFoundations
import DuctusRandomness
import DuctusRecognition
import Foundation

/// Random changes of sensor frames, so that a network meets more people, and more ways to wear a sensor, than the corpus has.
public struct VectorAugmentation: Sendable, Equatable, Codable {
    /// Deviation of noise that is added to every standardized number.
    public var noise: Float = 0.1
    /// Deviation of the logarithm of a gain per number of the frame, after standardization.
    public var gain: Float = 0.1
    /// The same for a gain per channel, which all vectors of a frame share.
    public var channelGain: Float = 0
    /// Masks in time of a recording (Park et al. 2019).
    public var timeMasks = 2
    /// Feature vectors that one mask hides, at most.
    public var timeMaskLength = 8
    /// Numbers of the frame that are silenced, at most.
    public var silencedNumbers = 2
    /// Deviation of the angle, in radians, by which the device is turned about a random axis (Um et al. 2017). Needs `axes`.
    public var rotation: Float = 0
    /// The channels that are x, y, z of one sensor, three by three; all sensors of a device turn together.
    public var axes: [[String]] = []
    /// Deviation of the logarithm of the speed: everything is done faster, or slower.
    public var speed: Float = 0
    /// Deviation of the bend of the frequency scale, by which speakers get vocal tracts of other lengths: `CepstralWarp`. Needs `cepstra`.
    public var vocalTract: Float = 0
    /// The channels that are mel-frequency cepstra, from number 0 on.
    public var cepstra: [String] = []

    /// The default distortions.
    public init() {}

    /// Decodes the distortions. Keys that are missing keep their default values.
    ///
    /// - Throws: `DecodingError` for a number out of range.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.read(.noise, into: &noise, allowed: 0...10)
        try values.read(.gain, into: &gain, allowed: 0...10)
        try values.read(.channelGain, into: &channelGain, allowed: 0...10)
        try values.read(.timeMasks, into: &timeMasks, allowed: 0...10_000)
        try values.read(.timeMaskLength, into: &timeMaskLength, allowed: 0...1_000_000)
        try values.read(.silencedNumbers, into: &silencedNumbers, allowed: 0...4096)
        try values.read(.rotation, into: &rotation, allowed: 0...10)
        try values.read(.speed, into: &speed, allowed: 0...1)
        try values.read(.vocalTract, into: &vocalTract, allowed: 0...0.3)
        cepstra = try values.decodeIfPresent([String].self, forKey: .cepstra) ?? cepstra
        axes = try values.decodeIfPresent([[String]].self, forKey: .axes) ?? axes
        guard axes.allSatisfy({ $0.count == 3 }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .axes, in: values, debugDescription: "axes are three channels each: x, y, z of one sensor")
        }
    }

    /// A setting of the augmentation that does not fit the input.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case axesMissing
        case unknownAxis(String, channels: [String])
        case normalizedAxes
        case cepstraMissing
        case unknownCepstrum(String, channels: [String])

        public var description: String {
            switch self {
            case .axesMissing:
                "vectorAugmentation: a rotation needs \"axes\", the channels that are x, y, z of each sensor"
            case .unknownAxis(let name, let channels):
                "vectorAugmentation: the axis \(name) is none of the input's channels, \(channels.joined(separator: ", "))"
            case .normalizedAxes:
                "vectorAugmentation: a rotation needs directions in space, which \"normalizesRecording\" removes; "
                    + "leave one of them out"
            case .cepstraMissing:
                "vectorAugmentation: another vocal tract needs \"cepstra\", the channels that are cepstra from number 0 on"
            case .unknownCepstrum(let name, let channels):
                "vectorAugmentation: the cepstrum \(name) is none of the input's channels, "
                    + channels.joined(separator: ", ")
            }
        }
    }

    /// The columns of a vector, its slopes included, that are x, y, z; none where nothing is turned.
    ///
    /// - Throws: `Fault`.
    func directions(in configuration: VectorConfiguration) throws(Fault) -> [[Int]] {
        guard rotation > 0 else { return [] }
        guard !axes.isEmpty else { throw .axesMissing }
        guard !configuration.normalizesRecording else { throw .normalizedAxes }
        var directions: [[Int]] = []
        for triple in axes {
            var columns: [Int] = []
            for name in triple {
                guard let column = configuration.channels.firstIndex(of: name) else {
                    throw .unknownAxis(name, channels: configuration.channels)
                }
                columns.append(column)
            }
            directions.append(columns)
            if configuration.deltas { directions.append(columns.map { $0 + configuration.channels.count }) }
        }
        return directions
    }

    /// The columns of a vector that are cepstra, and those of their slopes; none where vocal tracts stay as they are.
    ///
    /// - Throws: `Fault`.
    func cepstra(in configuration: VectorConfiguration) throws(Fault) -> [[Int]] {
        guard vocalTract > 0 else { return [] }
        guard !cepstra.isEmpty else { throw .cepstraMissing }
        var columns: [Int] = []
        for name in cepstra {
            guard let column = configuration.channels.firstIndex(of: name) else {
                throw .unknownCepstrum(name, channels: configuration.channels)
            }
            columns.append(column)
        }
        return configuration.deltas ? [columns, columns.map { $0 + configuration.channels.count }] : [columns]
    }

    /// Gives the speaker another vocal tract.
    ///
    /// - Parameters:
    ///   - frames: not standardized.
    ///   - cepstra: columns of a vector that are cepstra, or their slopes.
    ///   - width: numbers per vector.
    func stretch(_ frames: inout [Float], _ cepstra: [[Int]], width: Int, using random: inout SplitMix64) {
        guard let count = cepstra.first?.count else { return }
        // So far out nobody speaks.
        let bend = min(0.3, max(-0.3, random.normal(deviation: vocalTract)))
        let warp = CepstralWarp(count: count, bend: bend)
        for columns in cepstra { warp.apply(to: &frames, width: width, columns: columns) }
    }

    /// The factor of the speed at which something is done.
    func speed(using random: inout SplitMix64) -> Float {
        speed > 0 ? exp(random.normal(deviation: speed)) : 1
    }

    /// Turns the device: all of its directions by the same angle about the same axis.
    ///
    /// - Parameters:
    ///   - frames: not standardized.
    ///   - directions: columns of a vector that are x, y, z.
    ///   - width: numbers per vector.
    func turn(_ frames: inout [Float], _ directions: [[Int]], width: Int, using random: inout SplitMix64) {
        guard !directions.isEmpty else { return }
        let angle = random.normal(deviation: rotation)
        var axis = (0..<3).map { _ in random.normal() }
        let length = max(1e-6, (axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]).squareRoot())
        for index in axis.indices { axis[index] /= length }
        let (sine, cosine) = (sin(angle), cos(angle))
        for first in stride(from: 0, to: frames.count, by: width) {
            for columns in directions {
                // Rodrigues: v cos + (k × v) sin + k (k · v) (1 − cos).
                let v = columns.map { frames[first + $0] }
                let along = (axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]) * (1 - cosine)
                for number in 0..<3 {
                    let (next, last) = ((number + 1) % 3, (number + 2) % 3)
                    let across = axis[next] * v[last] - axis[last] * v[next]
                    frames[first + columns[number]] = v[number] * cosine + across * sine + axis[number] * along
                }
            }
        }
    }

    /// Makes standardized frames weaker and stronger.
    func amplify(_ frames: inout [Float], _ configuration: VectorConfiguration, using random: inout SplitMix64) {
        let dimension = configuration.dimension
        var gains = (0..<dimension).map { _ in exp(random.normal(deviation: gain)) }
        if channelGain > 0 {
            let width = configuration.width
            let shared = (0..<width).map { _ in exp(random.normal(deviation: channelGain)) }
            for index in gains.indices { gains[index] *= shared[index % width] }
        }
        for index in frames.indices { frames[index] *= gains[index % dimension] }
    }

    /// Hides a part of standardized frames behind noise and gaps.
    func mask(_ frames: inout [Float], dimension: Int, using random: inout SplitMix64) {
        for index in frames.indices { frames[index] += random.normal(deviation: noise) }
        let count = frames.count / dimension
        for _ in 0..<timeMasks where count > 4 * timeMaskLength {
            let length = Int.random(in: 0...timeMaskLength, using: &random)
            let start = Int.random(in: 0...(count - length), using: &random)
            for index in (start * dimension)..<((start + length) * dimension) { frames[index] = 0 }
        }
        guard silencedNumbers > 0 else { return }
        for _ in 0..<Int.random(in: 0...silencedNumbers, using: &random) {
            let number = Int.random(in: 0..<dimension, using: &random)
            for index in stride(from: number, to: frames.count, by: dimension) { frames[index] = 0 }
        }
    }
}
