import DuctusDrawing
import DuctusRandomness
import Foundation

/// Writes texts as a person with a pen would. Its ink belongs to the project, and serves as fixtures, in benchmarks and
/// in tests.
///
/// ```
/// let pen = SimulatedPen(writer: Writer(seed: 7))
/// let line = try pen.line("the quick brown fox", seed: 1)
/// ```
/// The same writer, device, text and seed give the same ink on every machine with the same mathematical library.
public struct SimulatedPen: Sendable {
    /// The hand that writes.
    public var writer: Writer
    public var device: PenDevice

    /// The pen of a writer on a device.
    public init(writer: Writer, device: PenDevice = .tablet) {
        self.writer = writer
        self.device = device
    }

    /// The ink of `text`: printable ASCII, newlines between lines.
    ///
    /// - Parameters:
    ///   - seed: The seed of what differs when the same writer writes the same text again.
    ///   - start: The time of the first sample, in µs. Later samples lie on the device's grid from there on.
    /// - Returns: One stroke per contact of the pen, each with at least one sample, times strictly increasing; none
    ///   for an empty or blank text.
    /// - Throws: ``SimulationError/unwritable(character:offset:)``.
    public func strokes(of text: String, seed: UInt64, start: Int64 = 0) throws(SimulationError) -> [Stroke] {
        let random = SplitMix64(seed: writer.seed).split(1).split(Int(truncatingIfNeeded: seed))
        let script = try Script(text, by: writer, random: random.split(0))
        guard let movement = PenMovement(writing: script, by: writer, random: random.split(1)) else { return [] }
        let tremor = Tremor(amplitude: writer.tremor, rate: device.rate, random: random.split(2))
        return sampled(movement, tremor: tremor, start: start)
    }

    /// A labeled line, ready for our file formats.
    public func line(_ text: String, seed: UInt64) throws(SimulationError) -> InkLine {
        InkLine(
            id: "simulated-\(writer.seed)-\(seed)", source: "simulated/\(device.name)",
            writer: "simulated-\(writer.seed)",
            language: "en", text: text, strokes: try strokes(of: text, seed: seed))
    }

    /// The reports of the movement by the device.
    private func sampled(_ movement: PenMovement, tremor: Tremor, start: Int64) -> [Stroke] {
        let period = 1 / device.rate
        let scale = writer.letterHeight / 10 * device.unitsPerMillimetre
        // The place where the first baseline begins, so that all writing lies on the sheet.
        let origin = PlanePoint(10, 20) * device.unitsPerMillimetre
        var tremor = tremor
        var walk = movement.walk()
        let first = movement.contacts.first?.lowerBound ?? 0
        var tick = 0
        return movement.contacts.map { contact in
            var samples: [Sample] = []
            repeat {
                let moment = first + Double(tick) * period
                defer { tick += 1 }
                guard moment >= contact.lowerBound else { continue }
                let place = walk.position(at: moment) + tremor.next()
                let pressure = Self.touch(at: moment, within: contact) * writer.pressure * (1 + 0.5 * tremor.load)
                samples.append(
                    Sample(
                        x: Float((origin.x + place.x * scale).rounded()),
                        y: Float((origin.y - place.y * scale).rounded()),
                        time: start + Int64((Double(tick) * period * 1e6).rounded()), pressure: reported(pressure)))
            } while first + Double(tick) * period <= contact.upperBound || samples.isEmpty
            return Stroke(samples)
        }
    }

    /// The pressure of the tip, 0…1. It lands and leaves within a few hundredths of a second.
    private static func touch(at moment: Double, within contact: ClosedRange<Double>) -> Double {
        let landing = (moment - contact.lowerBound) / 0.05
        let leaving = (contact.upperBound - moment) / 0.04
        return 0.25 + 0.75 * min(max(min(landing, leaving), 0), 1)
    }

    private func reported(_ pressure: Double) -> Float? {
        guard device.pressureLevels > 0 else { return nil }
        let top = Double(device.pressureLevels - 1)
        return Float((min(max(pressure, 1 / top), 1) * top).rounded() / top)
    }
}
