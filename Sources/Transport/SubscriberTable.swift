/// The subscriptions of a transport: every connection with its prefixes, found by topic in time that does not grow with the number of
/// connections. Belongs to one thread, or to whoever holds its lock.
///
/// It says who *asked*; whether a subscriber may have a message is asked of the handler, for each message.
package struct SubscriberTable {
    package typealias Number = Int

    /// Bounds of what one connection may ask for. A topic has at most 80 bytes.
    package struct Limits: Sendable {
        package var prefixes = 4096
        package var prefixBytes = 256

        package init() {}
    }

    package enum Outcome: Equatable, Sendable {
        /// Nobody had asked for this prefix before.
        case first
        case further
        /// Beyond the limits.
        case refused
    }

    private struct Subscriber {
        var identity: PeerIdentity
        var prefixes: Set<[UInt8]> = []
    }

    private let limits: Limits
    private var subscribers: [Number: Subscriber] = [:]
    private var byPrefix: [[UInt8]: Set<Number>] = [:]
    /// Length → how many prefixes have it: lengths that do not occur need not be looked up.
    private var lengths: [Int: Int] = [:]
    private var next: Number = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    package var count: Int { subscribers.count }

    package func identity(of number: Number) -> PeerIdentity? { subscribers[number]?.identity }

    package func prefixes(of number: Number) -> Set<[UInt8]> { subscribers[number]?.prefixes ?? [] }

    /// A new connection. Its number is never given again.
    package mutating func add(_ identity: PeerIdentity) -> Number {
        next += 1
        subscribers[next] = Subscriber(identity: identity)
        return next
    }

    package mutating func subscribe(_ number: Number, to prefix: [UInt8]) -> Outcome {
        guard let subscriber = subscribers[number], prefix.count <= limits.prefixBytes else { return .refused }
        guard !subscriber.prefixes.contains(prefix) else { return .further }
        guard subscriber.prefixes.count < limits.prefixes else { return .refused }
        subscribers[number]?.prefixes.insert(prefix)
        let isFirst = byPrefix[prefix] == nil
        byPrefix[prefix, default: []].insert(number)
        if isFirst { lengths[prefix.count, default: 0] += 1 }
        return isFirst ? .first : .further
    }

    /// - Returns: Whether nobody asks for this prefix any more.
    package mutating func unsubscribe(_ number: Number, from prefix: [UInt8]) -> Bool {
        guard subscribers[number]?.prefixes.remove(prefix) != nil else { return false }
        return forget(number, prefix)
    }

    /// The connection ended.
    /// - Returns: The prefixes that nobody asks for any more.
    package mutating func remove(_ number: Number) -> [[UInt8]] {
        guard let subscriber = subscribers.removeValue(forKey: number) else { return [] }
        return subscriber.prefixes.filter { forget(number, $0) }
    }

    /// Everyone who asked for a prefix of this topic, each once.
    package func recipients(of topic: [UInt8]) -> Set<Number> {
        var found: Set<Number> = []
        for length in lengths.keys where length <= topic.count {
            guard let numbers = byPrefix[Array(topic.prefix(length))] else { continue }
            found = found.isEmpty ? numbers : found.union(numbers)
        }
        return found
    }

    /// Everyone who asked for just this topic, not for a part of it.
    package func subscribers(of topic: [UInt8]) -> Set<Number> { byPrefix[topic] ?? [] }

    private mutating func forget(_ number: Number, _ prefix: [UInt8]) -> Bool {
        byPrefix[prefix]?.remove(number)
        guard byPrefix[prefix]?.isEmpty == true else { return false }
        byPrefix[prefix] = nil
        lengths[prefix.count, default: 1] -= 1
        if lengths[prefix.count] == 0 { lengths[prefix.count] = nil }
        return true
    }
}
