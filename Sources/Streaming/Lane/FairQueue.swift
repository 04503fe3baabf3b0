/// A fair queue: every client gets an equal share of the work, and each of its streams an equal share of that, however
/// much work others have waiting.
///
/// Weighted fair queueing (Demers, Keshav and Shenker 1989) on two levels, measured in what the work costs (frames of
/// the network, bytes of packets): it is done in the order in which it would end if all worked at once, each at an equal
/// share of the speed. So a client that asks for little does not wait for those that ask for much, and none waits for
/// ever.
///
/// Streams of one client that have less waiting go first: a piece of work counts by its cost and by all that its stream has waiting. So a
/// stream that waits for each answer does not wait for those that never do, nor a short line for long ones.
///
/// A stream stands in the queue at most once. Adding costs the logarithm of a client's streams, taking out the number of clients.
package struct FairQueue<Element> {
    fileprivate struct Entry {
        var stream: StreamName
        var element: Element
        var cost: Double
        /// The cost as it counts among the client's streams.
        var weighted: Double
        var finish: Double
        /// Among equals the older one.
        var order: UInt64
    }

    fileprivate struct Client {
        var streams = Flow<StreamName>()
        /// A heap: the entry that would be done first stands first.
        var entries: [Entry] = []
    }

    private var clients: [ClientIdentifier: Client] = [:]
    private var shares = Flow<ClientIdentifier>()
    private var order: UInt64 = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Adds the next work of `stream`, which costs about so much.
    ///
    /// - Parameter waiting: the cost of all that the stream has waiting, this work among it.
    package mutating func add(
        _ element: Element, of stream: StreamName, from client: ClientIdentifier, cost: Int, waiting: Int = 0
    ) {
        order &+= 1
        count += 1
        let cost = Double(max(1, cost))
        let weighted = cost * min(max(1, Double(waiting) / Self.little), Self.mostWeight)
        clients[client, default: Client()].add(element, of: stream, cost: cost, weighted: weighted, order: order)
    }

    /// Up to so much waiting work a piece counts as what it costs: a line of writing.
    private static var little: Double { 512 }
    private static var mostWeight: Double { 64 }

    /// Takes out what is next; nil where that costs more than `most`.
    package mutating func next(upTo most: Int = .max) -> Element? {
        var best: (client: ClientIdentifier, finish: Double, order: UInt64)?
        for (client, contents) in clients {
            guard let first = contents.entries.first else { continue }
            let finish = shares.start(of: client) + first.cost
            if let best, (best.finish, best.order) < (finish, first.order) { continue }
            best = (client, finish, first.order)
        }
        guard let chosen = best?.client, let index = clients.index(forKey: chosen) else { return nil }
        let cost = clients.values[index].entries[0].cost
        guard cost <= Double(most) else { return nil }
        shares.charge(chosen, cost)
        shares.advance(by: cost, among: clients.count)
        let element = clients.values[index].removeFirst()
        count -= 1
        if clients.values[index].entries.isEmpty { clients.remove(at: index) }
        if count == 0 {
            clients.removeAll(keepingCapacity: true)
            shares = Flow()
        }
        return element
    }

    /// The work taken out last was more than was told when it was added.
    package mutating func charge(_ stream: StreamName, of client: ClientIdentifier, cost: Int) {
        shares.charge(client, Double(cost))
        clients[client]?.streams.charge(stream, Double(cost))
    }
}

extension FairQueue.Client {
    fileprivate mutating func add(
        _ element: Element, of stream: StreamName, cost: Double, weighted: Double, order: UInt64
    ) {
        let finish = streams.start(of: stream) + weighted
        streams.last[stream] = finish
        entries.append(
            .init(stream: stream, element: element, cost: cost, weighted: weighted, finish: finish, order: order))
        var child = entries.count - 1
        while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    fileprivate mutating func removeFirst() -> Element {
        let first = entries[0]
        streams.advance(by: first.weighted, among: entries.count)
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in (2 * parent + 1)..<(2 * parent + 3) where child < entries.count {
                if entries[child].precedes(entries[least]) { least = child }
            }
            guard least != parent else { return first.element }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}

extension FairQueue.Entry {
    fileprivate func precedes(_ other: Self) -> Bool { (finish, order) < (other.finish, other.order) }
}

/// How far the work of each of several takers has come, if all had worked at once.
fileprivate struct Flow<Taker: Hashable> {
    /// The share that a taker would have got by now if it had always had work waiting.
    private var now = 0.0
    /// The end of the work that each taker was given so far.
    var last: [Taker: Double] = [:]

    init() {}

    func start(of taker: Taker) -> Double { max(now, last[taker] ?? 0) }

    mutating func charge(_ taker: Taker, _ cost: Double) { last[taker] = start(of: taker) + cost }

    /// Notes that so much was done for one of `count` takers that wait.
    mutating func advance(by cost: Double, among count: Int) {
        now += cost / Double(count)
        // Whoever has fallen behind starts from now like anybody.
        if last.count > 2 * count + 64 { last = last.filter { $0.value > now } }
    }
}
