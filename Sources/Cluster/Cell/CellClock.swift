import DuctusFoundations
import Synchronization

/// The system's clock, set by that of the cell's database: labels of a later owner of a stream carry a later epoch, whatever the machines'
/// own clocks say.
public final class CellClock: Clock {
    private let system: any Clock
    private let offset = Atomic<Int64>(0)

    /// µs by which it may be off before it is set again: latencies are differences of its readings.
    private static let tolerance: Int64 = 50_000

    /// A clock that tells the time of `system` until it is set.
    public init(_ system: any Clock = SystemClock()) { self.system = system }

    public var monotonic: Int64 { system.monotonic }
    public var unixMicroseconds: Int64 { system.unixMicroseconds &+ offset.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - time: the database's clock, unix µs.
    ///   - local: the system's clock at that moment, unix µs.
    func set(to time: Int64, at local: Int64) {
        let found = time &- local
        if abs(found &- offset.load(ordering: .relaxed)) > Self.tolerance { offset.store(found, ordering: .relaxed) }
    }
}
