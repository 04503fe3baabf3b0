import DuctusInk

extension StrokeMark {
    /// The width of a stroke at one of its samples in points; by its pressure where the file tells none.
    func points(at index: Int, of stroke: Stroke, scale: Double) -> Double {
        if widths.count == stroke.samples.count { return Double(widths[index]) * scale }
        if let width = widths.first { return Double(width) * scale }
        return 0.8 + 1.2 * Double(min(1, max(0, stroke.samples[index].pressure ?? 0.4)))
    }
}
