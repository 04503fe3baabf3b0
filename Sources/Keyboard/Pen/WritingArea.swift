import DuctusInk
import DuctusTablet

/// The part of a tablet that is written on, in shares of its width and height. Strokes that begin elsewhere write nothing.
package struct WritingArea: Equatable, Sendable {
    package var left: Float
    package var top: Float
    package var width: Float
    package var height: Float

    package static let whole = WritingArea(left: 0, top: 0, width: 1, height: 1)

    package init(left: Float, top: Float, width: Float, height: Float) {
        (self.left, self.top, self.width, self.height) = (left, top, width, height)
    }

    /// `LEFT,TOP,WIDTH,HEIGHT` in per cent; nil for what is none or lies outside the tablet.
    package init?(_ text: String) {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Float($0) }
        guard numbers.count == 4, numbers.allSatisfy({ (0...100).contains($0) }), numbers[2] > 0, numbers[3] > 0,
            numbers[0] + numbers[2] <= 100, numbers[1] + numbers[3] <= 100
        else { return nil }
        self.init(
            left: numbers[0] / 100, top: numbers[1] / 100, width: numbers[2] / 100, height: numbers[3] / 100)
    }

    /// A tablet that does not tell its size is written on everywhere.
    func contains(_ sample: Sample, of device: TabletDevice) -> Bool {
        guard self != .whole, let whole = device.area else { return true }
        let x = (sample.x - whole.x) / whole.width, y = (sample.y - whole.y) / whole.height
        return (left...(left + width)).contains(x) && (top...(top + height)).contains(y)
    }
}
