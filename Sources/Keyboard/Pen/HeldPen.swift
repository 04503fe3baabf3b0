import DuctusInk

/// Notices a pen that is put down and held still: a switch that every pen has.
struct HeldPen {
    private let radius: Float
    private let isOn: Bool
    private var start: (sample: Sample, at: Int64)?
    private var isTouching = false

    /// Nanoseconds.
    private static let duration: Int64 = 1_000_000_000

    init(radius: Float, isOn: Bool) {
        self.radius = radius
        self.isOn = isOn
    }

    var deadline: Int64? { start.map { $0.at + Self.duration } }

    mutating func follow(_ sample: Sample, contact: Bool, at now: Int64) {
        defer { isTouching = contact }
        guard isOn, contact else {
            start = nil
            return
        }
        if !isTouching {
            start = (sample, now)
        } else if let first = start?.sample,
            max(abs(sample.x - first.x), abs(sample.y - first.y)) > radius
        {
            start = nil
        }
    }

    mutating func leave() { start = nil }

    func isHeld(at now: Int64) -> Bool { deadline.map { now >= $0 } ?? false }
}
