/// The rotation of a tablet by none, one, two or three quarters of a circle, clockwise.
public enum QuarterTurn: Int, Sendable, CaseIterable {
    case none, quarter, half, threeQuarters

    /// Nil unless it is 0, 90, 180 or 270.
    public init?(degrees: Int) {
        guard degrees % 90 == 0 else { return nil }
        self.init(rawValue: degrees / 90)
    }

    /// The angle in degrees: 0, 90, 180 or 270.
    public var degrees: Int { rawValue * 90 }

    /// A sample of a tablet that is turned so, as the writer sees it: place and tilt turned clockwise (y down).
    @inline(__always)
    public func upright(_ sample: Sample) -> Sample {
        guard self != .none else { return sample }
        var upright = sample
        switch self {
        case .none: break
        case .quarter:
            (upright.x, upright.y) = (-sample.y, sample.x)
            (upright.tiltX, upright.tiltY) = (sample.tiltY.map { -$0 }, sample.tiltX)
        case .half:
            (upright.x, upright.y) = (-sample.x, -sample.y)
            (upright.tiltX, upright.tiltY) = (sample.tiltX.map { -$0 }, sample.tiltY.map { -$0 })
        case .threeQuarters:
            (upright.x, upright.y) = (sample.y, -sample.x)
            (upright.tiltX, upright.tiltY) = (sample.tiltY, sample.tiltX.map { -$0 })
        }
        return upright
    }
}
