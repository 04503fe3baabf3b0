import Foundation

/// Minimum risk: the expected number of errors over some readings, weighted by their probabilities (Prabhavalkar et al.
/// 2018; Edunov et al. 2018).
///
/// The readings are usually the n-best of the network as it is, with the reference among them. `reference` keeps the
/// network from forgetting what it knows: its connectionist loss counts with `referenceWeight`.
public struct MinimumRisk: Loss {
    /// A label sequence and how many errors it has.
    public struct Reading: Hashable, Sendable {
        public var labels: [Int32]
        /// Errors against the reference: edits, or what else counts.
        public var errors: Float

        /// A reading, and how many errors it has.
        public init(labels: [Int32], errors: Float) {
            self.labels = labels
            self.errors = errors
        }
    }

    /// The readings whose expected errors are lowered.
    public var readings: [Reading]
    /// The labels that are right.
    public var reference: [Int32]
    /// Weight of the reference's connectionist loss beside the risk.
    public var referenceWeight: Float

    /// A target; the reference is usually among the readings.
    public init(readings: [Reading], reference: [Int32], referenceWeight: Float = 0.1) {
        self.readings = readings
        self.reference = reference
        self.referenceWeight = referenceWeight
    }

    public var labelCount: Int { reference.count }

    public func fits(_ frames: Int) -> Bool {
        ConnectionistTarget(labels: reference).fits(frames)
    }

    public func check(sequence: Int, frames: Int, classes: Int) throws(NetworkError) {
        guard !readings.isEmpty else {
            throw .badTarget(sequence: sequence, reason: "has no reading to weigh the risk of")
        }
        for labels in [reference] + readings.map(\.labels) {
            try ConnectionistTarget(labels: labels).check(sequence: sequence, frames: frames, classes: classes)
        }
        if let bad = readings.first(where: { !$0.errors.isFinite }) {
            throw .badTarget(sequence: sequence, reason: "has a reading with \(bad.errors) errors")
        }
    }

    public func evaluate(_ call: LossCall) -> Double {
        let count = call.frames * call.classes
        // Readings that do not fit the frames have no probability.
        let targets = readings.map { ConnectionistTarget(labels: $0.labels) }
        let losses = targets.map { $0.fits(call.frames) ? $0.evaluate(call.with(gradient: nil, scale: 0)) : .infinity }
        let least = losses.min() ?? .infinity
        guard least.isFinite else { return .infinity }
        let weights = losses.map { exp(least - $0) }
        let sum = weights.reduce(0, +)
        var risk = 0.0
        for (weight, reading) in zip(weights, readings) { risk += weight / sum * Double(reading.errors) }
        let own = ConnectionistTarget(labels: reference).evaluate(
            call.with(gradient: call.gradient, scale: call.scale * referenceWeight))
        if let gradient = call.gradient {
            let partial = call.scratch.object(MinimumRiskScratch.init).memory.reserve(count)
            for (index, target) in targets.enumerated() where losses[index].isFinite {
                // The risk by a reading's log-probability, whose loss is the negative.
                let slope = -weights[index] / sum * (Double(readings[index].errors) - risk)
                guard slope != 0 else { continue }
                _ = target.evaluate(call.with(gradient: partial, scale: Float(slope) * call.scale))
                call.kernels.table.pointee.add_scaled(1, partial, gradient, count)
            }
        }
        return risk + Double(referenceWeight) * own
    }
}

/// Memory of minimum risk.
private final class MinimumRiskScratch {
    let memory = Memory<Float>()
}
