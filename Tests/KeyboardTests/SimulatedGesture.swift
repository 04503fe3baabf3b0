import DuctusDrawing
import DuctusInk
import DuctusRandomness
import Foundation

import DuctusKeyboard

/// A gesture as a hand makes it: strokes of a simulated writer, with that writer's tempo, haste and tremor.
struct SimulatedGesture {
    let writer: Writer
    private var random: SplitMix64

    private static let rate = 133.0

    init(seed: UInt64) {
        writer = Writer(seed: seed)
        random = SplitMix64(seed: seed).split(99)
    }

    /// - Parameters:
    ///   - origin: Where it begins, in the units of the ink.
    ///   - unit: The height of the ink's strokes.
    mutating func stroke(of gesture: Gesture, at origin: PlanePoint, unit: Double) -> Stroke {
        let start = origin * (1 / unit)
        var places = [start]
        for step in way(of: gesture) { places.append(places[places.count - 1] + step) }
        var movement = PenMovement(start: start)
        var onset = 0.0
        for (from, to) in zip(places, places.dropFirst()) {
            let length = (to - from).norm
            let duration = writer.tempo * (0.12 + 0.08 * length.squareRoot())
            movement.append(
                LognormalPulse(
                    arc: Arc(start: from, end: to, turning: 0.12 * normal()), onset: onset, duration: duration,
                    sigma: writer.sigma))
            onset += duration * (gesture == .hook ? 0.95 : 1 - 0.4 * writer.haste)
        }
        var tremor = Tremor(amplitude: writer.tremor * 0.1, rate: Self.rate, random: random)
        var walk = movement.walk()
        let samples = stride(from: 0, through: movement.end, by: 1 / Self.rate).map { time in
            let place = (walk.position(at: time) + tremor.next()) * unit
            return Sample(x: Float(place.x), y: Float(place.y), time: Int64(time * 1e6))
        }
        return Stroke(samples)
    }

    /// From place to place, in heights of the strokes; y grows down.
    private mutating func way(of gesture: Gesture) -> [PlanePoint] {
        let tilt = 0.05 * normal()
        switch gesture {
        case .strike:
            let width = uniform(4.5, 9)
            return [PlanePoint(-width, width * tilt)]
        case .back:
            let width = uniform(4.5, 9)
            return [
                PlanePoint(width, width * tilt),
                PlanePoint(-width * uniform(0.85, 1.15), -width * tilt + 0.2 * normal()),
            ]
        case .hook:
            let down = uniform(2.4, 4)
            return [
                PlanePoint(0.08 * down * normal(), down), PlanePoint(-down * uniform(0.8, 1.5), 0.08 * down * normal()),
            ]
        case .scratch:
            let width = uniform(2, 6), count = 5 + Int(uniform(0, 4))
            return (0..<count).map { index in
                PlanePoint((index.isMultiple(of: 2) ? 1 : -1) * width * uniform(0.85, 1.15), uniform(-0.05, 0.25))
            }
        }
    }

    private mutating func normal() -> Double { min(max(Double(random.normal()), -2.5), 2.5) }
    private mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * Double(random.uniform())
    }
}
