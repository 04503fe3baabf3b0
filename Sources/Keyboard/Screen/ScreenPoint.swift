import DuctusInk
import DuctusTablet

/// A place on the screen, in shares of its width and height.
struct ScreenPoint: Equatable, Sendable {
    var x: Float
    var y: Float
}

extension TabletDevice {
    /// Maps a place of the pen to the screen. The tablet covers the whole screen, as it does for the pointer. Nil where
    /// the tablet does not tell its size.
    func screenPoint(of sample: Sample, rotation: QuarterTurn) -> ScreenPoint? {
        guard let area, sample.x.isFinite, sample.y.isFinite else { return nil }
        let x = (sample.x - area.x) / area.width, y = (sample.y - area.y) / area.height
        return switch rotation {
        case .none: ScreenPoint(x: x, y: y)
        case .quarter: ScreenPoint(x: 1 - y, y: x)
        case .half: ScreenPoint(x: 1 - x, y: 1 - y)
        case .threeQuarters: ScreenPoint(x: y, y: 1 - x)
        }
    }
}
