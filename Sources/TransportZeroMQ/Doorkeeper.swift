import Glibc
import Synchronization

/// Accepts the connections of all sockets, on a thread of its own, and hands those that are admitted to whoever serves them.
///
/// That the daemon accepts itself, and not ZeroMQ, has three reasons: ZeroMQ aborts the process when descriptors run out, it does not
/// count connections by client, and it mixes the connections of one socket.
///
/// Unchecked, because `doors` and what the thread uses are set before there is a thread and then belong to it.
final class Doorkeeper: @unchecked Sendable {
    /// The destination of an admitted connection.
    enum Destination {
        /// It joins the other connections of a socket, and is watched.
        case shared(Handover, Flow.Limits)
        /// It is served for itself.
        case alone(@Sendable (_ connection: Int32, _ family: Handover.Family, _ ticket: Admission.Ticket) -> Void)
    }

    /// A socket of the system, and where its connections go.
    struct Door {
        var socket: String
        var listening: ListeningSocket
        var destination: Destination
        /// Descriptors that each connection takes.
        var cost: Int
    }

    /// A connection that ZeroMQ holds; its ticket ends with it.
    private struct Guest {
        var connection: Connection
        var flow: Flow
        var ticket: Admission.Ticket
    }

    /// Milliseconds between two looks at which connections are over, and the least between two under pressure.
    private static let sweep = 2_000
    private static let hurriedSweep = 100
    /// Connections taken from a door in one turn.
    private static let perTurn = 64
    /// Milliseconds for which a door that turned so many away stays shut: they come back at once.
    private static let pause = 50

    private var doors: [Door]
    private let admission: Admission
    private let onRefusal: @Sendable (Admission.Refusal, _ socket: String, _ origin: ConnectionOrigin) -> Void
    private let poller: Poller
    private let wake: Signal
    private let stopping = Atomic<Bool>(false)
    private let running = Mutex<OwnedThread?>(nil)
    private let refusals = Mutex<[Admission.Refusal: UInt64]>([:])
    private var guests: [Guest] = []
    private var nextSweep = Deadline(milliseconds: 0)
    private var shut: [Int: Deadline] = [:]

    /// - Parameter onRefusal: Told of each connection that is turned away, on the doorkeeper's thread.
    init(
        _ doors: [Door], admission: Admission,
        onRefusal: @escaping @Sendable (Admission.Refusal, _ socket: String, _ origin: ConnectionOrigin) -> Void
    ) throws(TransportFault) {
        self.doors = doors
        self.admission = admission
        self.onRefusal = onRefusal
        poller = try Poller()
        wake = try Signal()
        try poller.add(wake.descriptor, tag: .max)
        for (index, door) in doors.enumerated() { try poller.add(door.listening.descriptor, tag: UInt64(index)) }
    }

    /// Connections that were turned away.
    var refused: [Admission.Refusal: UInt64] { refusals.withLock { $0 } }

    func run() throws(TransportFault) {
        let thread = try OwnedThread(name: "doorkeeper") { self.loop() }
        running.withLock { $0 = thread }
    }

    /// Ends the thread and closes the doors.
    func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        wake.raise()
        running.withLock { $0.take() }?.join()
        // Nobody comes any more; another daemon may listen there at once.
        doors = []
    }

    // MARK: The thread

    private func loop() {
        while !stopping.load(ordering: .acquiring) {
            // A fault of the poller would come again at once; without it the doors are just looked at now and then.
            guard let tags = try? poller.wait(milliseconds: patience) else { continue }
            openDoors()
            for tag in tags where tag != .max { open(Int(tag)) }
            if nextSweep.remaining == 0 { sweepGuests() }
        }
    }

    private var patience: Int {
        let doors = shut.values.map(\.remaining).min() ?? .max
        return min(doors, guests.isEmpty ? 60_000 : max(1, nextSweep.remaining))
    }

    /// Takes what waits at a door; if too many were turned away, it is shut for a moment, so that those who come again and again
    /// cost little.
    private func open(_ index: Int) {
        let door = doors[index]
        var turnedAway = 0
        for _ in 0..<Self.perTurn {
            do throws(ListeningSocket.AcceptFault) {
                guard let connection = try door.listening.accept() else { return }
                if !admit(connection, at: door) { turnedAway += 1 }
            } catch {
                onRefusal(.full, door.socket, .address("\(door.listening.endpoint)"))
                turnedAway = Self.perTurn
                break
            }
        }
        guard turnedAway > Self.perTurn / 2 else { return }
        poller.remove(door.listening.descriptor)
        shut[index] = Deadline(milliseconds: Self.pause)
    }

    private func openDoors() {
        for (index, deadline) in shut where deadline.remaining == 0 {
            shut[index] = nil
            try? poller.add(doors[index].listening.descriptor, tag: UInt64(index))
        }
    }

    private func admit(_ connection: Int32, at door: Door) -> Bool {
        let origin = ConnectionOrigin(of: connection)
        var outcome = admission.admit(origin, to: door.socket, cost: door.cost)
        if case .failure = outcome, nextSweep.remaining < Self.sweep - Self.hurriedSweep {
            sweepGuests()
            outcome = admission.admit(origin, to: door.socket, cost: door.cost)
        }
        switch outcome {
        case .success(let ticket):
            return hand(connection, ticket, door)
        case .failure(let error):
            close(connection)
            refusals.withLock { $0[error.refusal, default: 0] += 1 }
            onRefusal(error.refusal, door.socket, origin)
            return false
        }
    }

    private func hand(_ connection: Int32, _ ticket: Admission.Ticket, _ door: Door) -> Bool {
        switch door.destination {
        case .alone(let serve):
            serve(connection, door.listening.family, ticket)
            return true
        case .shared(let handover, let limits):
            guard let guest = Connection(connection), let flow = Flow(watching: connection, limits) else {
                close(connection)
                return false
            }
            guard handover.give(connection) else {
                flow.forget()
                close(connection)
                return false
            }
            guests.append(Guest(connection: guest, flow: flow, ticket: ticket))
            return true
        }
    }

    private func sweepGuests() {
        guests.removeAll { guest in
            guard !guest.connection.isOpen else { return false }
            guest.flow.forget()
            return true
        }
        nextSweep = Deadline(milliseconds: Self.sweep)
    }
}
