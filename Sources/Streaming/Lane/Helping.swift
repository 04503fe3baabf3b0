/// The packets that a lane reads before it looks at what else is due: as many as it can read in a bounded time.
///
/// What is hard to read, such as a thousand strokes in each packet, must not keep others waiting. So packets come in smaller numbers where
/// they take long, and long ones in pieces; what is not read in time goes back to the inbox, behind those whose turn is sooner.
package struct Helping {
    /// The packets to be read, in their order.
    private var taken: [Arrival] = []
    /// The packets of which something is left to be read, in their order.
    package private(set) var rest: [Arrival] = []
    private var readings: [PacketReading] = []
    /// How many packets it takes.
    private var most = LaneInbox.mostPackets

    /// Nanoseconds after which no further packet, or piece of one, is begun.
    package static let longest: Int64 = 40_000_000

    package init() {}

    package var isEmpty: Bool { taken.isEmpty }

    /// Gives back what was not read, and takes the next packets.
    package mutating func exchange(with inbox: inout LaneInbox) {
        for reading in readings { inbox.charge(reading) }
        readings.removeAll(keepingCapacity: true)
        inbox.giveBack(rest)
        rest.removeAll(keepingCapacity: true)
        inbox.take(into: &taken, atMost: most)
    }

    /// Reads the packets. A stream's packets wait for all of the one before.
    ///
    /// - Parameter othersWait: whether packets wait in the inbox, so that it counts which sender the time went to.
    package mutating func read(on lane: Lane, othersWait: Bool) {
        let began = lane.monotonic
        var last = began
        var unfinished: Set<StreamName> = []
        var count = 0
        for arrival in taken {
            if last - began > Self.longest || !unfinished.isEmpty && unfinished.contains(arrival.stream) {
                rest.append(arrival)
                continue
            }
            count += 1
            let isWhole = lane.receivePiece(of: arrival, isBegun: arrival.isBegun)
            let now = lane.monotonic
            let reading = PacketReading(arrival, nanoseconds: now - last, isWhole: isWhole)
            last = now
            if !isWhole {
                unfinished.insert(arrival.stream)
                rest.append(arrival)
                rest[rest.count - 1].lastPiece = reading.cost
            }
            if othersWait || !isWhole { readings.append(reading) }
        }
        most = Self.number(after: count, in: last - began, of: most)
        taken.removeAll(keepingCapacity: true)
    }

    /// The packets of the next helping, after `count` packets took so many nanoseconds.
    package static func number(after count: Int, in elapsed: Int64, of helping: Int) -> Int {
        if elapsed > longest { return max(1, min(helping, count) / 4) }
        return elapsed < longest / 4 ? min(LaneInbox.mostPackets, helping * 2) : helping
    }
}

/// The reading of a packet, or of a piece of it.
package struct PacketReading {
    package let stream: StreamName
    package let client: ClientIdentifier
    /// The time that it took, in the bytes of ink that a lane reads meanwhile.
    let cost: Int
    /// The cost beyond what its sender has been charged: its next turns come later by so much. What it was charged for a packet that is read in
    /// pieces was a guess; else it is the least that a packet costs.
    let unpaid: Int

    package init(_ arrival: Arrival, nanoseconds: Int64, isWhole: Bool = true) {
        stream = arrival.stream
        client = arrival.client
        cost = Int(nanoseconds / 1000 * Self.bytesPerMicrosecond)
        let unpaid = cost - arrival.paid
        self.unpaid = isWhole && !arrival.isBegun ? max(0, unpaid) : unpaid
    }

    /// Bytes of ink that a lane reads in a microsecond, about.
    private static let bytesPerMicrosecond: Int64 = 64
}
