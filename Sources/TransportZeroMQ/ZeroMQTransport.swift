import DuctusTransport
import Synchronization

/// ZeroMQ as a transport of the daemon: SUB sockets for what is published to it, an XPUB socket for what it publishes, a ROUTER
/// socket for requests; with keys, CURVE and an authenticator of its own.
package final class ZeroMQTransport: MessageTransport {
    /// Where to listen and whom to let in.
    package struct Settings: Sendable {
        /// One socket: its name, which is its domain too, and where it listens.
        package struct Listener: Sendable {
            package var name: String
            package var endpoints: [Endpoint]
            /// Topics that it takes.
            package var prefix: String

            package init(_ name: String, _ endpoints: [Endpoint], prefix: String = "") {
                self.name = name
                self.endpoints = endpoints
                self.prefix = prefix
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
        /// The daemon's own key; a socket that listens on TCP asks for keys over whatever endpoint a client comes.
        package var secretKey: CurveKey?
        /// Who may enter which socket, by its name.
        package var domains: [String: Authenticator.Domain] = [:]

        package init() {}

        fileprivate var listeners: [Listener] { inputs + [output, requests] }
    }

    private let settings: Settings
    private let reactor: Reactor
    private let authenticator: Authenticator?
    private let desk = Desk()

    /// Opens all sockets; nothing is taken before `start`.
    /// - Parameter onRefusal: Told of each peer that is turned away, on the authenticator's thread.
    /// - Throws: `TransportFault`.
    package init(
        _ settings: Settings, onRefusal: @escaping @Sendable (_ socket: String, _ address: String) -> Void = { _, _ in }
    ) throws(TransportFault) {
        self.settings = settings
        let context = try Context()
        var authenticator: Authenticator?
        if settings.listeners.contains(where: settings.asksForKeys) {
            let asking = try Authenticator(context: context, domains: settings.domains, onRefusal: onRefusal)
            // It must answer before a socket listens.
            try asking.run()
            authenticator = asking
        }
        self.authenticator = authenticator
        do throws(TransportFault) {
            try authenticator?.waitUntilReady(milliseconds: 2000)
            reactor = try Reactor(context: context, ports: Self.ports(settings, desk), name: "sockets")
        } catch {
            authenticator?.stop()
            throw error
        }
    }

    /// Where the sockets listen, in the order inputs, output, requests; wildcards resolved.
    package var endpoints: [[Endpoint]] { reactor.endpoints }

    package var totals: Reactor.Totals { reactor.totals }

    /// Peers that the authenticator let in, and turned away.
    package var peersAdmitted: UInt64 { authenticator?.admitted ?? 0 }
    package var peersRefused: UInt64 { authenticator?.refused ?? 0 }

    /// Counts the turns of the sockets' thread. After `nudge` it must rise soon, or the thread hangs.
    package var turns: UInt64 { reactor.turns }
    package func nudge() { reactor.nudge() }

    /// Who may enter from now on.
    package func replace(_ domains: [String: Authenticator.Domain]) { authenticator?.replace(domains) }

    /// - Throws: `TransportFault`.
    package func start(_ handler: any MessageHandler) throws {
        desk.handler.withLock { $0 = handler }
        let (output, requests) = (settings.inputs.count, settings.inputs.count + 1)
        try reactor.run { [unowned self] port, batch in
            switch port {
            case output: takeSubscriptions(batch, handler)
            case requests: takeRequests(batch, handler)
            default: handler.take(batch)
            }
        }
        try reactor.waitUntilReady(milliseconds: 2000)
    }

    package func stop() {
        reactor.stop()
        authenticator?.stop()
        desk.handler.withLock { $0 = nil }
    }

    package func send(_ message: Publication, matters: Bool) -> Bool {
        reactor.send([message.topic, message.payload], on: settings.inputs.count, matters: matters)
    }

    // MARK: On the sockets' thread

    private func takeRequests(_ batch: MessageBatch, _ handler: any MessageHandler) {
        for message in 0..<batch.count where batch.frameCount(message) >= 2 {
            // The first frame is the way back, put there by the socket.
            let frames = batch.frames(message)
            let (envelope, port) = (Array(frames.dropLast()), settings.inputs.count + 1)
            handler.take(frames[frames.count - 1], from: batch.peer(message)) { [reactor] reply in
                reactor.send(envelope + [reply], on: port, matters: true)
            }
        }
    }

    private func takeSubscriptions(_ batch: MessageBatch, _ handler: any MessageHandler) {
        for message in 0..<batch.count {
            guard let subscription = batch.withFrame(message, 0, { Subscription($0) }) else { continue }
            handler.subscription(to: subscription.prefix, isWanted: subscription.begins)
            guard subscription.begins else { continue }
            for publication in handler.welcome(to: subscription.prefix) { _ = send(publication, matters: false) }
        }
    }

    /// The handler, as soon as there is one.
    private final class Desk: Sendable {
        let handler = Mutex<(any MessageHandler)?>(nil)
    }

    private static func ports(_ settings: Settings, _ desk: Desk) -> [Port] {
        settings.listeners.enumerated().map { index, listener in
            var options = SocketOptions()
            options.maximumFrame = settings.maximumFrame
            options.permissions = 0o660
            let isGuarded = settings.asksForKeys(listener)
            if isGuarded, let key = settings.secretKey {
                options.security = .server(secretKey: key, domain: listener.name)
            }
            var port: Port
            switch index - settings.inputs.count {
            case 0:
                options.everySubscription = true
                options.manualSubscriptions = isGuarded
                // The last finals must leave before the process does.
                options.linger = 500
                port = Port(.xpub, options: options, bind: listener.endpoints)
                port.answersSubscriptionsTo = settings.readyPrefix
                if isGuarded {
                    port.permits = { peer, prefix in
                        desk.handler.withLock { $0 }?.permitsSubscription(to: prefix, by: peer) ?? false
                    }
                }
            case 1: port = Port(.router, options: options, bind: listener.endpoints)
            default:
                port = Port(.subscribe, options: options, bind: listener.endpoints)
                port.subscriptions = [listener.prefix]
            }
            port.asksPeers = index != settings.inputs.count
            return port
        }
    }
}

extension ZeroMQTransport.Settings {
    /// Whether all clients of a socket need a key.
    func asksForKeys(_ listener: Listener) -> Bool { listener.endpoints.contains { $0.scheme == .tcp } }
}
