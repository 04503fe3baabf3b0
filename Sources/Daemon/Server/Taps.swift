import DuctusTransport
import DuctusWire
import Synchronization

/// Who listens to what comes in: a subscriber to `ink.…` or `features.…` on the labels' socket gets the packets as they arrived.
/// `ductus record` lives on it. Costs nothing while nobody listens.
final class Taps: Sendable {
    private let isUsed = Atomic<Bool>(false)
    private let prefixes = Mutex<Set<[UInt8]>>([])
    private static let inputs = [Topic.inkPrefix, Topic.featuresPrefix].map { Array($0.utf8) }
    /// Prefixes that are remembered; a subscriber of more listens to less.
    private static let limit = 256

    func note(_ subscription: Subscription) {
        let concerns = Self.inputs.contains {
            $0.starts(with: subscription.prefix) || subscription.prefix.starts(with: $0)
        }
        guard concerns else { return }
        prefixes.withLock { prefixes in
            if !subscription.begins {
                prefixes.remove(subscription.prefix)
            } else if prefixes.count < Self.limit {
                prefixes.insert(subscription.prefix)
            }
            isUsed.store(!prefixes.isEmpty, ordering: .releasing)
        }
    }

    /// Whether anybody wants messages of this topic.
    func want(_ topic: [UInt8]) -> Bool {
        isUsed.load(ordering: .acquiring) && prefixes.withLock { $0.contains { topic.starts(with: $0) } }
    }

    var isEmpty: Bool { !isUsed.load(ordering: .acquiring) }
}
