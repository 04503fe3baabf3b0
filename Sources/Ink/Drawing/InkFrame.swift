import DuctusDrawing

/// The mapping from device units to pixels.
struct InkFrame {
    private let scale: Double
    private let origin: PlanePoint
    private let margin: Double
    let right: Double
    let bottom: Double

    init(around ink: [Stroke], strokeHeight: Double, largest: PlanePoint, margin: Double) {
        self.margin = margin
        guard let bounds = Bounds(around: ink) else {
            (scale, origin, right, bottom) = (1, .zero, margin, margin)
            return
        }
        // In Double: the extent of finite Floats may not be a finite Float.
        let least = PlanePoint(Double(bounds.minX), Double(bounds.minY))
        let extent = PlanePoint(Double(bounds.maxX), Double(bounds.maxY)) - least
        // The taller strokes are as tall as letters, however many lines there are and whatever dots and dashes.
        let heights = ink.compactMap(\.bounds).map { Double($0.maxY) - Double($0.minY) }.sorted()
        let tall = heights[min(heights.count * 3 / 4, heights.count - 1)]
        let wanted = tall > 0 ? strokeHeight / tall : extent.norm > 0 ? strokeHeight / extent.norm : 1
        let room = largest - 2 * margin
        scale = min(wanted, room.x / max(extent.x, 1e-30), room.y / max(extent.y, 1e-30))
        origin = least
        right = margin + extent.x * scale
        bottom = margin + extent.y * scale
    }

    func place(x: Float, y: Float) -> PlanePoint { place(Sample(x: x, y: y)) }

    func place(_ sample: Sample) -> PlanePoint {
        (PlanePoint(Double(sample.x), Double(sample.y)) - origin) * scale + margin
    }
}
