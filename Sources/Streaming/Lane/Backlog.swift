/// The work that each client keeps waiting on a lane.
struct Backlog {
    private struct Part {
        var session: any Session
        var client: ClientIdentifier
        var work: WaitingWork
    }

    /// A client that keeps more waiting than it may.
    struct Excess {
        var client: ClientIdentifier
        /// The load that it is brought down to: somewhat below the bound, so that it is not at it again at once.
        var allowed: Double
        var reason: String
    }

    private var parts: [ObjectIdentifier: Part] = [:]
    private struct Total {
        var work = WaitingWork()
        var sessions = 0
    }

    private var clients: [ClientIdentifier: Total] = [:]
    private var all = WaitingWork()
    /// The client of the session that was noted last.
    private var newest: ClientIdentifier?

    /// Notes that the work that a session has waiting may have changed.
    mutating func note(_ session: any Session) {
        let work = session.waitingWork
        if work.bytes == 0, parts[ObjectIdentifier(session)] == nil { return }
        forget(session)
        newest = session.client
        guard work.bytes > 0 else { return }
        parts[ObjectIdentifier(session)] = Part(session: session, client: session.client, work: work)
        add(work, to: session.client, 1)
    }

    mutating func forget(_ session: any Session) {
        guard let part = parts.removeValue(forKey: ObjectIdentifier(session)) else { return }
        add(part.work, to: part.client, -1)
    }

    private mutating func add(_ work: WaitingWork, to client: ClientIdentifier, _ sign: Int) {
        let change = WaitingWork(frames: sign * work.frames, bytes: sign * work.bytes)
        all += change
        clients[client, default: Total()].work += change
        clients[client]?.sessions += sign
        if clients[client]?.sessions == 0 { clients[client] = nil }
    }

    /// Sessions of a client that keep something waiting.
    func sessions(of client: ClientIdentifier) -> [any Session] {
        parts.values.filter { $0.client == client }.map(\.session)
    }

    /// Waiting work as a share of what one client may keep waiting.
    func load(_ session: any Session, _ limits: LaneLimits) -> Double { load(session.waitingWork, limits) }
    func load(of client: ClientIdentifier, _ limits: LaneLimits) -> Double {
        clients[client].map { load($0.work, limits) } ?? 0
    }

    /// Whether a session keeps more waiting than its even part while its client is beyond its bound: all that could be let go of is gone,
    /// and what is left are finals that say so.
    func isBeyond(_ session: any Session, _ limits: LaneLimits) -> Bool {
        guard let client = clients[session.client] else { return false }
        let load = load(client.work, limits)
        return load > 1 && self.load(session, limits) * Double(client.sessions) >= load
    }

    private func load(_ work: WaitingWork, _ limits: LaneLimits) -> Double {
        max(Double(work.frames) / Double(limits.clientFrames), Double(work.bytes) / Double(limits.clientBytes))
    }

    /// The client that must let go of something now: one beyond its own bound, or, if all together are beyond theirs, the one with most.
    func excess(over limits: LaneLimits) -> Excess? {
        if let newest, load(of: newest, limits) > 1 {
            return Excess(
                client: newest, allowed: Self.rest,
                reason: "its client keeps more waiting than a lane holds for one: \(limits.clientFrames) frames or "
                    + "\(limits.clientBytes >> 20) MiB")
        }
        guard all.bytes > limits.waitingBytes,
            let most = clients.max(by: { load($0.value.work, limits) < load($1.value.work, limits) })
        else { return nil }
        return Excess(
            client: most.key, allowed: Self.rest * load(most.value.work, limits),
            reason: "more waits than a lane holds, \(limits.waitingBytes >> 20) MiB, and most of it is its client's")
    }

    private static let rest = 0.875
}
