import DuctusNetwork
import DuctusRecognition

/// The due windows of a lane, grouped by network: each group is one call. Memory is kept from turn to turn.
final class WindowGroups {
    final class Group {
        let network: Network
        var frames: Batch
        var windows: [Window] = []
        var members: [any Session] = []

        init(network: Network) {
            self.network = network
            frames = Batch(dimension: network.architecture.input)
        }
    }

    private(set) var groups: [Group] = []
    private var scratch: [Float] = []

    /// Adds what a session wants computed, standardized as its model wants it.
    func add(_ request: WindowRequest, for session: any Session) {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: request.rows)
        request.standardization.apply(to: &scratch)
        let group = group(for: request.network)
        scratch.withUnsafeBufferPointer { group.frames.append($0) }
        group.windows.append(Window(state: request.state, chunk: request.chunk, isEnd: request.isEnd))
        group.members.append(session)
    }

    /// Empties the batches; groups that were not used in this turn go, so that a generation out of use is let go.
    func removeAll() {
        groups.removeAll { $0.windows.isEmpty }
        for group in groups {
            group.frames.removeAll()
            group.windows.removeAll(keepingCapacity: true)
            group.members.removeAll(keepingCapacity: true)
        }
    }

    private func group(for network: Network) -> Group {
        if let group = groups.first(where: { $0.network === network }) { return group }
        let group = Group(network: network)
        groups.append(group)
        return group
    }
}
