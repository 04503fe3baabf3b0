/// A change of speed: vectors are read at other times than they were taken, in between by straight lines.
struct TimeWarp {
    /// Frames before.
    let frames: Int
    /// Vectors per frame.
    let stack: Int
    /// Above 1 there are fewer frames afterwards.
    let speed: Float

    /// Frames afterwards.
    var count: Int { max(1, Int(Float(frames) / speed)) }

    func apply(_ values: [Float], width: Int) -> [Float] {
        let last = frames * stack - 1
        var result: [Float] = []
        result.reserveCapacity(count * stack * width)
        for vector in 0..<count * stack {
            let place = min(Float(last), Float(vector) * speed)
            let before = min(last, Int(place))
            let (share, first) = (place - Float(before), before * width)
            let second = min(last, before + 1) * width
            for number in 0..<width {
                result.append(values[first + number] * (1 - share) + values[second + number] * share)
            }
        }
        return result
    }

    /// The label of the frame in which a new frame's middle lies.
    func apply(_ labels: [Int32]) -> [Int32] {
        (0..<count).map { labels[min(frames - 1, Int((Float($0) + 0.5) * speed))] }
    }
}
