import DuctusDrawing
import Foundation

/// One elementary movement: an arc that is travelled with a lognormal speed profile.
///
/// Plamondon: "A kinematic theory of rapid human movements", Biological Cybernetics 72 (1995); the planar form is
/// the sigma-lognormal model of Plamondon and Djioua (2006). The speed at time t is D Λ(t; t₀, μ, σ²): D is the arc's
/// length, Λ the lognormal density, t₀ the time of the command.
package struct LognormalPulse: Sendable, Equatable {
    package var arc: Arc
    /// The times at which the pen begins to move and has arrived, in seconds: 3.5 deviations about the median in log time.
    package var onset: Double
    package var duration: Double
    /// Log-time deviation σ: the larger, the more the speed's peak lies at the beginning.
    package var sigma: Double

    package init(arc: Arc, onset: Double, duration: Double, sigma: Double) {
        self.arc = arc
        self.onset = onset
        self.duration = duration
        self.sigma = sigma
    }

    package var end: Double { onset + duration }

    /// The cut-off of the lognormal in deviations of log time, and the integral of the cut function.
    private static let cut = 3.5
    private static let within = erf(cut / 2.0.squareRoot())

    /// e^μ: the median delay between command and movement, from the duration and σ.
    private var median: Double { duration / (2 * sinh(Self.cut * sigma)) }

    /// The time since the command t₀, in units of σ in log time about the median.
    private func deviations(at time: Double) -> Double {
        let sinceCommand = time - onset + median * exp(-Self.cut * sigma)
        return log(sinceCommand / median) / sigma
    }

    /// The share of the arc travelled at `time`: 0 before the onset, 1 after the end.
    package func progress(at time: Double) -> Double {
        guard time > onset else { return 0 }
        guard time < end else { return 1 }
        return min(max(0.5 + 0.5 * erf(deviations(at: time) / 2.0.squareRoot()) / Self.within, 0), 1)
    }

    /// The speed along the arc at `time`, in units of length per second.
    package func speed(at time: Double) -> Double {
        guard time > onset, time < end else { return 0 }
        let z = deviations(at: time)
        let sinceCommand = time - onset + median * exp(-Self.cut * sigma)
        return arc.length * exp(-z * z / 2) / (sinceCommand * sigma * (2 * Double.pi).squareRoot() * Self.within)
    }

    /// The pulse's addition to the position at `time`.
    package func displacement(at time: Double) -> PlanePoint {
        arc.displacement(at: progress(at: time))
    }
}
