import DuctusInk
import Foundation

/// Where the pen comes from.
package enum PenOrigin: Sendable {
    /// The first tablet found, now or later.
    case any
    case device(String)
    /// How many times faster than it was written; 0: as fast as can be.
    case recording(URL, speed: Double)
    /// These strokes, at their pace, once ink is wanted.
    case ink([Stroke])
    case none
}
