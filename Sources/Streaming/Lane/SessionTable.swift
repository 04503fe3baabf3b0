/// The sessions of a lane by stream, and how many of them each client began.
struct SessionTable {
    private var sessions: [StreamName: any Session] = [:]
    private var beginners: [StreamName: ClientIdentifier] = [:]
    private var counts: [ClientIdentifier: Int] = [:]

    var count: Int { sessions.count }
    var all: some Sequence<any Session> { sessions.values }

    subscript(stream: StreamName) -> (any Session)? { sessions[stream] }

    /// The number of sessions that a client began.
    func count(of client: ClientIdentifier) -> Int { counts[client, default: 0] }

    mutating func add(_ session: any Session, begunBy client: ClientIdentifier) {
        sessions[session.stream] = session
        beginners[session.stream] = client
        counts[client, default: 0] += 1
    }

    mutating func remove(_ stream: StreamName) -> (any Session)? {
        guard let session = sessions.removeValue(forKey: stream) else { return nil }
        if let client = beginners.removeValue(forKey: stream), let count = counts[client] {
            counts[client] = count > 1 ? count - 1 : nil
        }
        return session
    }

    /// An eighth of the idle sessions of one client, one at least, those that have been idle longest. Empty: none is idle.
    ///
    /// - Parameters:
    ///   - client: nil: the client with most sessions among those that have an idle one, so that a flood of names costs nobody else.
    ///   - isIdle: whether a session may go.
    func longestIdle(of client: ClientIdentifier?, isIdle: (any Session) -> Bool) -> [any Session] {
        let idle = Dictionary(grouping: sessions.values.filter(isIdle)) { beginners[$0.stream] ?? .unknown }
        guard let chosen = client ?? idle.keys.max(by: { count(of: $0) < count(of: $1) }), let idle = idle[chosen]
        else {
            return []
        }
        return Array(idle.sorted { $0.lastArrival < $1.lastArrival }.prefix(max(1, idle.count / 8)))
    }
}
