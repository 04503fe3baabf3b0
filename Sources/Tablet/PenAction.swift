import DuctusInk

/// An action of a pen that matters to recognition.
public enum PenAction: Equatable, Sendable {
    /// A report. `contact`: the tip touches. `erasing`: it is the rubber end.
    case sample(Sample, contact: Bool, erasing: Bool)
    /// The pen left the reach of the digitizer.
    case proximityOut
    /// A button of the pen or of the tablet was pressed: its code in linux/input-event-codes.h.
    case button(UInt16)
    /// The kernel lost events: what the pen does now must be asked of the device (`PenTracker.adopt`).
    case resynchronize
}

/// Reports that were thrown away, by reason.
public struct PenDirt: Equatable, Sendable {
    /// Beyond the range that the device declares.
    public var outOfRange = 0
    /// Reports in the corner (0, 0), far from the pen's last place. Many tablets send them when they have lost the pen.
    public var corner = 0
    /// Older than the report before.
    public var backward = 0
    /// Events between SYN_DROPPED and the next report.
    public var lost = 0

    /// Counts that are all 0.
    public init() {}

    /// Reports of all kinds that could not be used.
    public var total: Int { outOfRange + corner + backward + lost }
}
