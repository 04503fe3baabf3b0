import Synchronization

/// The limits of connections: of all clients together, so that descriptors do not run out, and of each client.
///
/// Every socket keeps a part for itself that the others cannot take, so that a flood on one leaves the others open. Any thread
/// may ask. A connection counts for as long as its ticket lives.
package final class Admission: Sendable {
    package enum Refusal: String, CaseIterable, Sendable {
        /// No descriptors are left for this socket.
        case full = "connections"
        /// The client has as many connections as it may.
        case quota = "quota_connections"
    }

    package struct Limits: Equatable, Sendable {
        /// Descriptors that all connections together may take.
        package var descriptors: Int
        /// Connections that one client may have.
        package var perClient: Int

        package init(descriptors: Int, perClient: Int) {
            self.descriptors = descriptors
            self.perClient = perClient
        }
    }

    /// One connection's place. It is free again when nobody holds the ticket any more.
    package final class Ticket: Sendable {
        private let admission: Admission
        fileprivate let socket: String
        fileprivate let origin: ConnectionOrigin
        fileprivate let cost: Int

        fileprivate init(_ admission: Admission, _ socket: String, _ origin: ConnectionOrigin, cost: Int) {
            self.admission = admission
            self.socket = socket
            self.origin = origin
            self.cost = cost
        }

        deinit { admission.leave(self) }
    }

    private struct State {
        var limits: Limits
        var descriptors: [String: Int]
        /// Connections of each client, and the descriptors they take.
        var clients: [ConnectionOrigin: (connections: Int, descriptors: Int)] = [:]
        var count = 0
    }

    /// Of 16 parts each socket has one to itself.
    private static let parts = 16
    private let state: Mutex<State>

    package init(_ limits: Limits, sockets: [String]) {
        state = Mutex(State(limits: limits, descriptors: Dictionary(uniqueKeysWithValues: sockets.map { ($0, 0) })))
    }

    package func change(perClient: Int) { state.withLock { $0.limits.perClient = perClient } }

    /// Connections there are.
    package var count: Int { state.withLock { $0.count } }

    /// - Parameter cost: Descriptors that a connection to this socket takes.
    package func admit(_ origin: ConnectionOrigin, to socket: String, cost: Int) -> Result<Ticket, RefusalError> {
        let refusal: Refusal? = state.withLock { state in
            let total = state.limits.descriptors
            let own = total / Self.parts
            let taken = state.descriptors.values.reduce(0, +)
            let kept = state.descriptors.reduce(0) { $1.key == socket ? $0 : $0 + max(0, own - $1.value) }
            guard taken + cost + kept <= total else { return .full }
            let client = state.clients[origin] ?? (0, 0)
            // One client leaves an eighth to the others.
            guard client.connections < state.limits.perClient, client.descriptors + cost <= total - total / 8 else {
                return .quota
            }
            state.clients[origin] = (client.connections + 1, client.descriptors + cost)
            state.descriptors[socket, default: 0] += cost
            state.count += 1
            return nil
        }
        if let refusal { return .failure(RefusalError(refusal: refusal)) }
        return .success(Ticket(self, socket, origin, cost: cost))
    }

    package struct RefusalError: Error {
        package var refusal: Refusal
    }

    private func leave(_ ticket: Ticket) {
        state.withLock { state in
            state.count -= 1
            state.descriptors[ticket.socket, default: 0] -= ticket.cost
            guard let client = state.clients[ticket.origin] else { return }
            let left = (connections: client.connections - 1, descriptors: client.descriptors - ticket.cost)
            state.clients[ticket.origin] = left.connections > 0 ? left : nil
        }
    }
}
