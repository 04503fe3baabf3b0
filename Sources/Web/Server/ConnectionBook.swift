import NIOCore
import Synchronization

/// The open connections of the server, each with the moment since which it is idle and the bytes that it holds.
///
/// If there are too many connections, the one that has been idle longest is closed. If memory is full, the one that holds most is closed.
/// So a slow sender is the first to go, and connections that send nothing cost the others nothing.
final class ConnectionBook: Sendable {
    private struct Entry {
        let channel: any Channel
        let address: String
        /// The count of changes at which it became idle; nil while a request is being answered, or a WebSocket has shown its token.
        var waitsSince: UInt64?
        /// Bytes of its request's body.
        var held = 0
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var perAddress: [String: Int] = [:]
        var ticks: UInt64 = 0
        var held = 0
    }

    private let state = Mutex(State())
    private let limits: WebLimits

    init(limits: WebLimits) {
        self.limits = limits
    }

    enum Admission {
        case admitted
        /// The connection is let in, and this one is closed for it.
        case inPlaceOf(any Channel)
        case refused(String)
    }

    func admit(_ channel: any Channel, address: String, isLoopback: Bool) -> Admission {
        state.withLock { state in
            if !isLoopback, state.perAddress[address, default: 0] >= limits.connectionsPerPeer {
                guard let oldest = oldest(in: state.entries.filter { $0.value.address == address }) else {
                    return .refused("connections_per_peer")
                }
                add(channel, address, to: &state)
                return .inPlaceOf(remove(oldest, from: &state))
            }
            guard state.entries.count >= limits.connections else {
                add(channel, address, to: &state)
                return .admitted
            }
            guard let oldest = oldest(in: state.entries) else { return .refused("connections") }
            add(channel, address, to: &state)
            return .inPlaceOf(remove(oldest, from: &state))
        }
    }

    /// A whole request, or a WebSocket with a token, has the connection now.
    func isBusy(_ channel: any Channel) { state.withLock { $0.entries[ObjectIdentifier(channel)]?.waitsSince = nil } }

    func waits(_ channel: any Channel) {
        state.withLock { state in
            state.ticks += 1
            state.entries[ObjectIdentifier(channel)]?.waitsSince = state.ticks
        }
    }

    /// Reserves that many more bytes for a connection's body.
    ///
    /// - Returns: the connections to close for it; nil if there is no room.
    func hold(_ bytes: Int, for channel: any Channel) -> [any Channel]? {
        let key = ObjectIdentifier(channel)
        return state.withLock { state in
            guard state.entries[key] != nil else { return nil }
            state.entries[key]?.held += bytes
            state.held += bytes
            var gone: [any Channel] = []
            while state.held > limits.bodiesBytes {
                let largest = state.entries.filter { $0.value.waitsSince != nil }.max { $0.value.held < $1.value.held }
                guard let largest, largest.value.held > 0, largest.key != key else { return nil }
                gone.append(remove(largest.key, from: &state))
            }
            return gone
        }
    }

    /// A connection's body is no longer needed.
    func release(_ channel: any Channel) {
        state.withLock { state in
            let key = ObjectIdentifier(channel)
            state.held -= state.entries[key]?.held ?? 0
            state.entries[key]?.held = 0
        }
    }

    func left(_ channel: any Channel) {
        state.withLock { state in
            if state.entries[ObjectIdentifier(channel)] != nil { _ = remove(ObjectIdentifier(channel), from: &state) }
        }
    }

    /// Ends all of them.
    func closeAll() {
        for entry in state.withLock({ $0.entries.values.map(\.channel) }) { entry.close(mode: .all, promise: nil) }
    }

    private func add(_ channel: any Channel, _ address: String, to state: inout State) {
        state.ticks += 1
        state.entries[ObjectIdentifier(channel)] = Entry(channel: channel, address: address, waitsSince: state.ticks)
        state.perAddress[address, default: 0] += 1
    }

    private func remove(_ key: ObjectIdentifier, from state: inout State) -> any Channel {
        let entry = state.entries.removeValue(forKey: key)!
        state.held -= entry.held
        let left = state.perAddress[entry.address, default: 1] - 1
        state.perAddress[entry.address] = left > 0 ? left : nil
        return entry.channel
    }

    private func oldest(in entries: [ObjectIdentifier: Entry]) -> ObjectIdentifier? {
        entries.filter { $0.value.waitsSince != nil }.min { $0.value.waitsSince! < $1.value.waitsSince! }?.key
    }
}
