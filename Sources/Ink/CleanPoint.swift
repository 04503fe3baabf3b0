/// A sample that passed the cleaner: finite, of reasonable size, with its place in the segment as given.
struct CleanPoint: PlacedReport {
    /// Device units, y down; later the normalized place, y up.
    var x: Float
    var y: Float
    /// Seconds; NaN where the device tells none.
    var time: Double
    /// NaN where the device tells none.
    var pressure: Float
    /// Index among the samples of the segment as given.
    var sample: Int32

    func distance(to other: CleanPoint) -> Float {
        let dx = other.x - x
        let dy = other.y - y
        return (dx * dx + dy * dy).squareRoot()
    }
}
