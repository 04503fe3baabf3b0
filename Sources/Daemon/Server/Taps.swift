import DuctusWire
import Synchronization

/// Sends input on to those who listen: a subscriber to `ink.…` or `features.…` gets the packets as they arrived. `ductus record` lives on
/// it. Costs nothing while nobody listens.
final class Taps: Sendable {
    private let isUsed = Atomic<Bool>(false)
    /// Prefix → transports that have a subscriber to it.
    private let prefixes = Mutex<[[UInt8]: Int]>([:])
    private static let inputs = [Topic.inkPrefix, Topic.featuresPrefix].map { Array($0.utf8) }

    func note(_ prefix: [UInt8], isWanted: Bool) {
        guard Self.inputs.contains(where: { $0.starts(with: prefix) || prefix.starts(with: $0) }) else { return }
        prefixes.withLock { prefixes in
            let count = (prefixes[prefix] ?? 0) + (isWanted ? 1 : -1)
            prefixes[prefix] = count > 0 ? count : nil
            isUsed.store(!prefixes.isEmpty, ordering: .releasing)
        }
    }

    /// Whether anybody wants messages of this topic.
    func want(_ topic: [UInt8]) -> Bool {
        isUsed.load(ordering: .acquiring) && prefixes.withLock { $0.keys.contains { topic.starts(with: $0) } }
    }

    var isEmpty: Bool { !isUsed.load(ordering: .acquiring) }
}
