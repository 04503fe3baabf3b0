/// The state of one layer between two windows of a stream. Only the layer knows what its numbers mean. All zero at the begin of a stream.
public final class LayerState {
    /// The number of values that are kept, and its bound.
    public let shape: StateShape
    /// The present number of values.
    public private(set) var count: Int
    /// The numbers, `shape` says how many; they move when they grow.
    public private(set) var values: UnsafeMutablePointer<Float>
    private var capacity: Int

    init(_ shape: StateShape) {
        self.shape = shape
        count = shape.count
        capacity = shape.count
        values = .allocate(capacity: capacity)
        values.initialize(repeating: 0, count: capacity)
    }

    deinit {
        values.deallocate()
    }

    /// Makes room for `count` numbers; what was there stays, the rest is zero. Its memory doubles, up to the bound.
    public func grow(to count: Int) {
        precondition(count <= shape.bound, "a layer's state of \(count) numbers is bound to \(shape.bound)")
        if count > capacity {
            let grown = min(max(count, 2 * capacity), shape.bound)
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: grown)
            memory.update(from: values, count: capacity)
            (memory + capacity).update(repeating: 0, count: grown - capacity)
            values.deallocate()
            (values, capacity) = (memory, grown)
        }
        self.count = max(count, self.count)
    }

    func reset() {
        values.update(repeating: 0, count: capacity)
        count = shape.count
    }

    func copy() -> LayerState {
        let copy = LayerState(shape)
        copy.grow(to: count)
        copy.values.update(from: values, count: count)
        return copy
    }

    /// Bytes of memory that it takes.
    var byteCount: Int { capacity * MemoryLayout<Float>.stride + 32 }
}
