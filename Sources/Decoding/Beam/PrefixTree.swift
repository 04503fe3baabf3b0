/// The prefixes that the hypotheses of a beam share: a node per prefix, found from its parent by its last label.
///
/// Nodes are appended while the search runs; `collect` drops those that no live hypothesis descends from, so that memory follows what is
/// alive, not what was ever tried. A parent's index is always below its children's.
///
/// It owns its memory, so it cannot be copied; `copy(from:)` writes another tree's nodes into it.
struct PrefixTree: ~Copyable {
    struct Node {
        var parent: Int32
        var label: Int32
        var depth: Int32
        var firstChild: Int32
        var nextSibling: Int32
    }

    /// The node of the empty prefix.
    static let root: Int32 = 0

    private(set) var nodes: UnsafeMutablePointer<Node>
    private(set) var count = 0
    private(set) var capacity: Int
    private var renumbered: UnsafeMutablePointer<Int32>

    init(capacity: Int) {
        self.capacity = capacity
        nodes = .allocate(capacity: capacity)
        renumbered = .allocate(capacity: capacity)
        nodes[0] = Self.emptyPrefix
        count = 1
    }

    deinit {
        nodes.deallocate()
        renumbered.deallocate()
    }

    var memoryBytes: Int { capacity * (MemoryLayout<Node>.stride + MemoryLayout<Int32>.stride) }

    private static let emptyPrefix = Node(parent: -1, label: 0, depth: 0, firstChild: -1, nextSibling: -1)

    mutating func reset() {
        nodes[0] = Self.emptyPrefix
        count = 1
    }

    /// The node for `parent` followed by `label`, and whether it was there before.
    mutating func child(of parent: Int32, label: Int32) -> (node: Int32, existed: Bool) {
        var node = nodes[Int(parent)].firstChild
        while node >= 0 {
            if nodes[Int(node)].label == label { return (node, true) }
            node = nodes[Int(node)].nextSibling
        }
        precondition(count < capacity, "reserve(_:) was not called")
        node = Int32(count)
        nodes[count] = Node(
            parent: parent, label: label, depth: nodes[Int(parent)].depth + 1, firstChild: -1,
            nextSibling: nodes[Int(parent)].firstChild)
        nodes[Int(parent)].firstChild = node
        count += 1
        return (node, false)
    }

    /// Whether `extra` more nodes fit without a collection.
    func hasRoom(for extra: Int) -> Bool { count + extra <= capacity }

    /// Keeps the nodes marked by `mark` and their ancestors, and calls `renumber` with the map from old to new indices; grows where
    /// more than half stays alive.
    mutating func collect(
        mark: (UnsafeMutablePointer<Int32>) -> Void, renumber: (UnsafeMutablePointer<Int32>) -> Void
    ) {
        renumbered.update(repeating: 0, count: count)
        renumbered[0] = 1
        mark(renumbered)
        for node in stride(from: count - 1, to: 0, by: -1) where renumbered[node] != 0 {
            renumbered[Int(nodes[node].parent)] = 1
        }
        var kept = 0
        for node in 0..<count {
            guard renumbered[node] != 0 else {
                renumbered[node] = -1
                continue
            }
            var moved = nodes[node]
            moved.firstChild = -1
            moved.nextSibling = -1
            if moved.parent >= 0 {
                moved.parent = renumbered[Int(moved.parent)]
                moved.nextSibling = nodes[Int(moved.parent)].firstChild
                nodes[Int(moved.parent)].firstChild = Int32(kept)
            }
            nodes[kept] = moved
            renumbered[node] = Int32(kept)
            kept += 1
        }
        renumber(renumbered)
        count = kept
        if count * 2 > capacity { grow(to: capacity * 2) }
    }

    private mutating func grow(to newCapacity: Int) {
        let larger = UnsafeMutablePointer<Node>.allocate(capacity: newCapacity)
        larger.update(from: nodes, count: count)
        nodes.deallocate()
        renumbered.deallocate()
        nodes = larger
        renumbered = .allocate(capacity: newCapacity)
        capacity = newCapacity
    }

    /// Becomes a copy of `other`, in place.
    mutating func copy(from other: borrowing PrefixTree) {
        count = 0
        if capacity < other.count { grow(to: other.capacity) }
        nodes.update(from: other.nodes, count: other.count)
        count = other.count
    }

    /// The deepest node that is an ancestor of (or is) both.
    func commonAncestor(_ one: Int32, _ other: Int32) -> Int32 {
        var (one, other) = (one, other)
        while one != other {
            if nodes[Int(one)].depth >= nodes[Int(other)].depth {
                one = nodes[Int(one)].parent
            } else {
                other = nodes[Int(other)].parent
            }
        }
        return one
    }

    /// The labels on the way from the root to `node`.
    func labels(to node: Int32) -> [Int] {
        var labels: [Int] = []
        labels.reserveCapacity(Int(nodes[Int(node)].depth))
        var node = node
        while nodes[Int(node)].parent >= 0 {
            labels.append(Int(nodes[Int(node)].label))
            node = nodes[Int(node)].parent
        }
        labels.reverse()
        return labels
    }
}
