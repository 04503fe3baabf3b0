import DuctusInk
import Foundation

/// The source of the pen's reports.
package enum PenOrigin: Sendable {
    /// The first tablet found, now or later.
    case any
    case device(String)
    /// A recording, and its speed: a factor of the original one, or 0 for as fast as possible.
    case recording(URL, speed: Double)
    /// These strokes, at their pace, once ink is wanted.
    case strokes([Stroke])
    case none
}
