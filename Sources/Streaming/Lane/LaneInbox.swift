/// The packets that wait for a lane.
///
/// Room and turns are shared fairly among clients, and among the streams of each (max-min fairness), however much others send. Where no
/// room is left, a packet of whoever has less than an even part of it takes the place of the newest ones of whoever has most. The packets
/// of one sender are read in their order.
package struct LaneInbox {
    /// A stream as one client sends it.
    private struct Sender: Hashable {
        var client: ClientIdentifier
        var stream: StreamName

        init(_ arrival: Arrival) {
            client = arrival.client
            stream = arrival.stream
        }
    }

    /// The packets of one sender or client.
    private struct Share {
        var packets = 0
        var bytes = 0
        /// Of a client: senders with packets here.
        var senders = 0

        /// As a part of a bound.
        func load(of bound: Bound) -> Double {
            max(Double(packets) / Double(bound.packets), Double(bytes) / Double(bound.bytes))
        }

        func fills(_ bound: Bound) -> Bool { packets >= bound.packets || bytes >= bound.bytes }

        /// - Parameter isNew: of a client: whether the packet's sender had none here.
        /// - Returns: whether it is the only one.
        @discardableResult
        mutating func add(_ size: Int, sender isNew: Bool = false) -> Bool {
            packets += 1
            bytes += size
            if isNew { senders += 1 }
            return packets == 1
        }

        mutating func remove(_ size: Int) {
            packets -= 1
            bytes -= size
        }
    }

    private struct Bound {
        var packets: Int
        var bytes: Int
    }

    private let ofLane: Bound
    private let ofClient: Bound
    private let ofSender: Bound
    /// As much as a lane reads before it looks at what else is due.
    private static let helping = Bound(packets: mostPackets, bytes: 2 << 20)
    package static let mostPackets = 4096

    /// In the order of their arrival, as long as all are one helping.
    private var arrivals: [Arrival] = []
    /// Once they are more, by sender.
    private var queues: [Sender: Queue] = [:]
    private var order = FairQueue<Sender>()
    private var senders: [Sender: Share] = [:]
    private var clients: [ClientIdentifier: Share] = [:]
    private var all = Share()
    /// Packets that found no room, or lost their place.
    package private(set) var refused: UInt64 = 0

    package init(_ limits: LaneLimits) {
        ofLane = Bound(packets: limits.queuedPackets, bytes: limits.queuedBytes)
        ofClient = Bound(packets: limits.queuedPacketsPerClient, bytes: limits.queuedBytesPerClient)
        ofSender = Bound(packets: limits.queuedPacketsPerStream, bytes: limits.streamBytes)
    }

    package var isEmpty: Bool { all.packets == 0 }

    /// The streams of which packets wait.
    var streams: Set<StreamName> { Set(senders.keys.map(\.stream)) }

    // MARK: In

    /// Takes a packet, if there is room for it.
    ///
    /// - Parameter displaces: whether it may take the place of another's.
    package mutating func offer(_ arrival: Arrival, displaces: Bool) -> InboxOutcome {
        let sender = Sender(arrival)
        var outcome = InboxOutcome()
        outcome.refusal = makeRoom(for: sender, displaces: displaces, &outcome.displaced)
        guard outcome.refusal == nil else {
            refused &+= 1
            return outcome
        }
        let size = arrival.packet.byteCount
        let isFirst = senders[sender, default: Share()].add(size)
        clients[arrival.client, default: Share()].add(size, sender: isFirst)
        all.add(size)
        if order.isEmpty, arrivals.count < Self.helping.packets, all.bytes <= Self.helping.bytes {
            arrivals.append(arrival)
        } else {
            sort()
            enqueue(arrival, of: sender)
        }
        return outcome
    }

    private mutating func makeRoom(
        for sender: Sender, displaces: Bool, _ displaced: inout [InboxOutcome.Displaced]
    ) -> InboxRefusal? {
        let own = senders[sender, default: Share()]
        if own.fills(ofSender) { return .stream }
        while true {
            let client = clients[sender.client, default: Share()]
            if client.fills(ofClient) || all.fills(ofLane) && !isBelowEvenPart(client) {
                let most = client.load(of: ofClient)
                let count = Double(client.senders + (own.packets == 0 ? 1 : 0))
                guard displaces, own.load(of: ofClient) * count < most else {
                    return client.fills(ofClient) ? .client : .lane
                }
                guard displace(from: sender.client, &displaced) else {
                    return client.fills(ofClient) ? .client : .lane
                }
            } else if all.fills(ofLane) {
                guard displaces, let heaviest = clients.max(by: { load($0.value) < load($1.value) }) else {
                    return .lane
                }
                guard displace(from: heaviest.key, &displaced) else { return .lane }
            } else {
                return nil
            }
        }
    }

    private func load(_ client: Share) -> Double { client.load(of: ofLane) }

    private func isBelowEvenPart(_ client: Share) -> Bool {
        load(client) * Double(clients.count + (client.packets == 0 ? 1 : 0)) < all.load(of: ofLane)
    }

    /// The sender with most lets go of its newest packets: an eighth, so that not each packet costs a search. A packet of which a piece was read
    /// stays.
    ///
    /// - Returns: whether there was one to let go of.
    private mutating func displace(from client: ClientIdentifier, _ displaced: inout [InboxOutcome.Displaced]) -> Bool {
        sort()
        let heaviest = senders.filter { $0.key.client == client && queues[$0.key]?.last?.isBegun == false }
            .max { $0.value.load(of: ofClient) < $1.value.load(of: ofClient) }
        guard let (sender, share) = heaviest else { return false }
        var count = 0
        while count < max(1, share.packets / 8), let arrival = queues[sender]?.removeLast() {
            forget(arrival, of: sender)
            count += 1
        }
        refused &+= UInt64(count)
        displaced.append(.init(stream: sender.stream, client: client, packets: count))
        return true
    }

    private mutating func forget(_ arrival: Arrival, of sender: Sender) {
        let size = arrival.packet.byteCount
        all.remove(size)
        senders[sender]?.remove(size)
        clients[sender.client]?.remove(size)
        guard senders[sender]?.packets == 0 else { return }
        senders[sender] = nil
        clients[sender.client]?.senders -= 1
        if clients[sender.client]?.packets == 0 { clients[sender.client] = nil }
    }

    /// From the order of arrival to that of turns.
    private mutating func sort() {
        for arrival in arrivals { enqueue(arrival, of: Sender(arrival)) }
        arrivals.removeAll()
    }

    private mutating func enqueue(_ arrival: Arrival, of sender: Sender) {
        queues[sender, default: Queue()].append(arrival)
        if queues[sender]?.turn == nil { addToOrder(sender, arrival) }
    }

    /// A packet costs its bytes, as long as nothing else is known.
    private mutating func addToOrder(_ sender: Sender, _ next: Arrival) {
        let cost = next.lastPiece ?? next.packet.byteCount
        queues[sender]?.turn = cost
        order.add(sender, of: sender.stream, from: sender.client, cost: cost)
    }

    // MARK: Out

    /// Gives out the next helping, of so many packets at most. `taken` is empty before.
    package mutating func take(into taken: inout [Arrival], atMost most: Int = LaneInbox.mostPackets) {
        if order.isEmpty, arrivals.count <= most {
            swap(&taken, &arrivals)
            return clear()
        }
        sort()
        var bytes = 0
        while taken.count < most, bytes < Self.helping.bytes, let sender = order.next() {
            // Its packets may have lost their places since.
            guard var arrival = queues[sender]?.removeFirst() else {
                queues[sender] = nil
                continue
            }
            arrival.paid = queues[sender]?.turn ?? 0
            bytes += arrival.packet.byteCount
            forget(arrival, of: sender)
            taken.append(arrival)
            queues[sender]?.turn = nil
            if let next = queues[sender]?.first { addToOrder(sender, next) } else { queues[sender] = nil }
        }
        if isEmpty { clear() }
    }

    /// Takes back packets that were given out and not read to their end, in their order: they stand before their senders' others.
    package mutating func giveBack(_ rest: [Arrival]) {
        guard !rest.isEmpty else { return }
        sort()
        for arrival in rest.reversed() {
            let sender = Sender(arrival), size = arrival.packet.byteCount
            let isFirst = senders[sender, default: Share()].add(size)
            clients[arrival.client, default: Share()].add(size, sender: isFirst)
            all.add(size)
            queues[sender, default: Queue()].prepend(arrival)
            if !arrival.isBegun { order.charge(sender.stream, of: sender.client, cost: -arrival.paid) }
        }
        for arrival in rest {
            let sender = Sender(arrival)
            if queues[sender]?.turn == nil, let next = queues[sender]?.first { addToOrder(sender, next) }
        }
    }

    /// Counts the time that reading took, where that is more than was known before.
    package mutating func charge(_ reading: PacketReading) {
        if reading.unpaid != 0 { order.charge(reading.stream, of: reading.client, cost: reading.unpaid) }
    }

    private mutating func clear() {
        senders.removeAll(keepingCapacity: true)
        clients.removeAll(keepingCapacity: true)
        queues.removeAll()
        order = FairQueue()
        all = Share()
    }
}

extension LaneInbox {
    /// The packets of one sender.
    private struct Queue {
        private var packets: [Arrival?] = []
        private var head = 0
        /// The cost of its place in the order of turns; nil: it has none there.
        var turn: Int?

        var isEmpty: Bool { head == packets.count }
        var first: Arrival? { isEmpty ? nil : packets[head] }
        var last: Arrival? { isEmpty ? nil : packets[packets.count - 1] }

        mutating func append(_ arrival: Arrival) { packets.append(arrival) }

        mutating func prepend(_ arrival: Arrival) {
            if head > 0 {
                head -= 1
                packets[head] = arrival
            } else {
                packets.insert(arrival, at: 0)
            }
        }

        mutating func removeFirst() -> Arrival? {
            guard !isEmpty, let first = packets[head].take() else { return nil }
            head += 1
            if head >= 64, 2 * head >= packets.count {
                packets.removeFirst(head)
                head = 0
            }
            return first
        }

        mutating func removeLast() -> Arrival? { isEmpty ? nil : packets.removeLast() }
    }
}

/// What became of a packet that was offered to a lane.
public struct InboxOutcome: Sendable {
    /// Packets that lost their place to it: as many of the newest of a stream.
    public struct Displaced: Sendable, Equatable {
        /// The stream that lost them.
        public var stream: StreamName
        /// Who sends that stream.
        public var client: ClientIdentifier
        /// How many were lost.
        public var packets: Int
    }

    /// Why the packet was not taken; nil: it was.
    public var refusal: InboxRefusal?
    /// The packets that lost their place to it; empty where it was refused, or there was room.
    public var displaced: [Displaced] = []
}

/// The reasons for which a lane's inbox has no room for a packet.
public enum InboxRefusal: Sendable {
    /// It is full.
    case lane
    /// It is full of the packet's stream, or of its client's packets.
    case stream, client
}
