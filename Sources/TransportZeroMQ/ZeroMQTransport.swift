import DuctusTransport

/// ZeroMQ as a transport of the daemon: SUB sockets for what is published to it, a ROUTER socket for requests, and for every
/// subscriber an XPUB socket of its own; with keys, CURVE and an authenticator.
///
///     connections → Doorkeeper → Reactor (inputs, requests) → handler
///                             → Distributor (subscribers)   ⇄ handler
package final class ZeroMQTransport: MessageTransport {
    /// Where to listen and whom to let in.
    package struct Settings: Sendable {
        /// One socket: its name, which is its domain too, and where it listens.
        package struct Listener: Sendable {
            package var name: String
            package var endpoints: [Endpoint]
            /// Topics that it takes from the begin.
            package var prefixes: [String]

            package init(_ name: String, _ endpoints: [Endpoint], prefix: String = "") {
                self.name = name
                self.endpoints = endpoints
                prefixes = [prefix]
            }
        }

        /// Published to the daemon.
        package var inputs: [Listener] = []
        /// Published by the daemon.
        package var output = Listener("labels", [])
        package var requests = Listener("control", [])
        /// A subscription below it is answered at once with an empty message: earlier subscriptions are in force.
        package var readyPrefix = "ready."
        /// Bytes of the largest frame.
        package var maximumFrame = 1 << 20
        /// Bytes that may wait for one subscriber.
        package var queueBytes = 16 << 20
        /// Descriptors for connections, and connections of one client.
        package var connections = Admission.Limits(descriptors: 512, perClient: 512)
        /// The daemon's own key; a socket that listens on TCP asks for keys over whatever endpoint a client comes.
        package var secretKey: CurveKey?
        /// Who may enter which socket, by its name.
        package var domains: [String: Authenticator.Domain] = [:]

        package init() {}

        fileprivate var listeners: [Listener] { inputs + [output, requests] }
    }

    /// The reasons that keep a client out.
    package enum Refusal: Sendable {
        /// The authenticator does not know its key.
        case key(socket: String, address: String)
        /// There are too many connections.
        case connection(Admission.Refusal, socket: String, origin: ConnectionOrigin)
    }

    /// Running totals.
    package struct Totals: Sendable {
        package var received: UInt64
        package var receivedBytes: UInt64
        package var sent: UInt64
        /// Posted while the queues to the sockets' threads were full.
        package var refused: UInt64
        /// A client did not take it.
        package var unsent: UInt64
        /// Messages with too many frames.
        package var overlong: UInt64
        /// Subscriptions that were not permitted.
        package var denied: UInt64
        /// Clients that the authenticator let in, and turned away.
        package var peersAdmitted: UInt64
        package var peersRefused: UInt64
        /// Connections there are, and those turned away because there were too many.
        package var connections: Int
        package var connectionsRefused: [Admission.Refusal: UInt64]
        /// Connections that ended because they sent more than could be taken.
        package var connectionsEnded: UInt64
        /// Connections that ended because they asked for more topics than a client may.
        package var subscribersEnded: UInt64
    }

    /// Where the sockets listen, in the order inputs, output, requests; wildcards resolved.
    package let endpoints: [[Endpoint]]

    private let settings: Settings
    private let reactor: Reactor
    private let distributor: Distributor
    private let doorkeeper: Doorkeeper
    private let admission: Admission
    private let authenticator: Authenticator?

    /// Opens all sockets; nothing is taken before `start`.
    /// - Parameter onRefusal: Told of each client that is turned away, on threads of the transport.
    /// - Throws: `TransportFault`.
    package init(
        _ settings: Settings, onRefusal: @escaping @Sendable (Refusal) -> Void = { _ in }
    ) throws(TransportFault) {
        self.settings = settings
        let context = try Context()
        var listening: [[ListeningSocket]] = []
        for listener in settings.listeners {
            var sockets: [ListeningSocket] = []
            for endpoint in listener.endpoints { sockets.append(try ListeningSocket(endpoint, permissions: 0o660)) }
            listening.append(sockets)
        }
        endpoints = listening.map { $0.map(\.endpoint) }

        var ports: [Port] = []
        var doors: [Doorkeeper.Door] = []
        let output = settings.inputs.count
        for (index, listener) in settings.listeners.enumerated() where index != output {
            let handovers = (unix: try Handover(.unix), internet: try Handover(.internet))
            ports.append(settings.port(listener, isInput: index < output, [handovers.unix, handovers.internet]))
            doors += listening[index].map { socket in
                Doorkeeper.Door(
                    socket: listener.name, listening: socket,
                    destination: .shared(socket.family == .unix ? handovers.unix : handovers.internet, settings.flow),
                    cost: 1)
            }
        }
        reactor = try Reactor(context: context, ports: ports, name: "sockets")
        var serving = Distributor.Settings()
        serving.security = settings.security(of: settings.output)
        serving.readyPrefix = Array(settings.readyPrefix.utf8)
        serving.queueBytes = settings.queueBytes
        let distributor = try Distributor(context: context, settings: serving)
        self.distributor = distributor
        doors += listening[output].map { socket in
            Doorkeeper.Door(
                socket: settings.output.name, listening: socket,
                destination: .alone { distributor.serve($0, $1, $2) }, cost: SubscriberSocket.descriptors)
        }
        admission = Admission(settings.connections, sockets: settings.listeners.map(\.name))
        doorkeeper = try Doorkeeper(doors, admission: admission) {
            onRefusal(.connection($0, socket: $1, origin: $2))
        }
        authenticator =
            settings.listeners.contains(where: settings.asksForKeys)
            ? try Authenticator(context: context, domains: settings.domains) {
                onRefusal(.key(socket: $0, address: $1))
            } : nil
    }

    package var totals: Totals {
        let (incoming, outgoing) = (reactor.totals, distributor.totals)
        return Totals(
            received: incoming.received, receivedBytes: incoming.receivedBytes, sent: incoming.sent + outgoing.sent,
            refused: incoming.refused + outgoing.refused, unsent: incoming.unsent + outgoing.unsent,
            overlong: incoming.overlong, denied: outgoing.denied, peersAdmitted: authenticator?.admitted ?? 0,
            peersRefused: authenticator?.refused ?? 0, connections: admission.count,
            connectionsRefused: doorkeeper.refused, connectionsEnded: Flow.ended,
            subscribersEnded: outgoing.ended)
    }

    /// Counts the turns of the sockets' threads. After `nudge` each must rise soon, or its thread hangs.
    package var turns: (sockets: UInt64, labels: UInt64) { (reactor.turns, distributor.turns) }

    package func nudge() {
        reactor.nudge()
        distributor.nudge()
    }

    /// Who may enter from now on.
    package func replace(_ domains: [String: Authenticator.Domain]) { authenticator?.replace(domains) }

    /// An input takes topics that begin with these prefixes, or takes them no longer. Any thread may call it.
    package func subscribe(_ input: String, to prefixes: [[UInt8]], begins: Bool) {
        guard let port = settings.inputs.firstIndex(where: { $0.name == input }) else { return }
        reactor.subscribe(port, to: prefixes, begins: begins)
    }

    /// Connections that one client may have from now on.
    package func change(connectionsPerClient: Int) { admission.change(perClient: connectionsPerClient) }

    /// - Throws: `TransportFault`.
    package func start(_ handler: any MessageHandler) throws {
        // It must answer before a client comes.
        try authenticator?.run()
        try authenticator?.waitUntilReady(milliseconds: 2000)
        let requests = settings.inputs.count
        try reactor.run(hasRoom: { $0 == requests || handler.hasRoom(for: $1, of: $2, from: $3) }) {
            [unowned self] port, batch in
            if port == requests { answerRequests(batch, handler) } else { handler.receive(batch) }
        }
        try reactor.waitUntilReady(milliseconds: 2000)
        try distributor.run(handler)
        try doorkeeper.run()
    }

    package func stop() {
        doorkeeper.stop()
        reactor.stop()
        distributor.stop()
        authenticator?.stop()
    }

    @discardableResult
    package func send(_ message: Publication, matters: Bool) -> Bool { distributor.send(message, matters: matters) }

    package func post(_ message: Publication, matters: Bool) -> Bool { distributor.post(message, matters: matters) }

    package func flush() { distributor.flush() }

    // MARK: On the sockets' thread

    private func answerRequests(_ batch: MessageBatch, _ handler: any MessageHandler) {
        for message in 0..<batch.count where batch.frameCount(message) >= 2 {
            // The first frame is the way back, put there by the socket.
            let frames = batch.frames(message)
            let (envelope, port, connection) =
                (Array(frames.dropLast()), settings.inputs.count, batch.connection(message))
            handler.answer(frames[frames.count - 1], from: batch.peer(message)) { [reactor] reply in
                reactor.send(envelope + [reply], on: port, connection: connection, matters: true)
            }
        }
    }
}

extension ZeroMQTransport.Settings {
    /// Messages that one connection may have waiting. libzmq forgets what the kernel still holds for a connection that ends while its
    /// queue is full: the queue must take all of that, a fifth of a megabyte of the smallest messages. Bytes are bounded by `Flow`.
    /// A client that comes back makes its subscriptions anew, up to so many at once.
    private static let highWater = 4_096

    /// The bytes that one connection may have waiting: two of the largest messages at least.
    fileprivate var flow: Flow.Limits {
        Flow.Limits(connection: max(32 << 20, 2 * maximumFrame), together: max(256 << 20, 16 * maximumFrame))
    }

    /// Whether all clients of a socket need a key.
    fileprivate func asksForKeys(_ listener: Listener) -> Bool { listener.endpoints.contains { $0.scheme == .tcp } }

    fileprivate func security(of listener: Listener) -> SocketOptions.Security {
        guard asksForKeys(listener), let secretKey else { return .none }
        return .server(secretKey: secretKey, domain: listener.name)
    }

    fileprivate func port(_ listener: Listener, isInput: Bool, _ handovers: [Handover]) -> Port {
        var options = SocketOptions()
        options.maximumFrame = maximumFrame
        options.receiveHighWater = Self.highWater
        options.sendHighWater = Self.highWater
        options.security = security(of: listener)
        options.heartbeat = options.security.heartbeat
        var port = Port(isInput ? .subscribe : .router, options: options)
        if isInput {
            port.subscriptions = listener.prefixes
        }
        port.asksPeers = true
        port.handovers = handovers
        return port
    }
}
