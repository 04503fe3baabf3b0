import Recognition
import Synchronization

/// A model in use and the name of its generation.
public struct Served: Sendable {
    public var model: Model
    public var generation: LabelEvent.Generation

    public init(model: Model, generation: LabelEvent.Generation) {
        self.model = model
        self.generation = generation
    }
}

/// Gives the weights to read with. Asked once for each segment that opens, on a lane's thread: it must answer at once.
public protocol ModelStore: AnyObject, Sendable {
    /// The writer's own generation where there is one, else the shared one.
    func current(for writer: String?) -> Served
}

/// One generation for everyone, replaced as a whole.
public final class SharedModel: ModelStore {
    private let served: Mutex<Served>

    public init(_ served: Served) {
        self.served = Mutex(served)
    }

    public func current(for writer: String?) -> Served { served.withLock { $0 } }

    /// Segments that open from now on are read with `next`; open ones keep what they began with.
    public func replace(with next: Served) { served.withLock { $0 = next } }
}
