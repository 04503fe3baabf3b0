import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

/// The HTTP server: metrics and health, the API, WebSockets and the pad, on one port and one thread.
///
/// Guarantees
/// - A connection holds at most one request of bounded size in memory, and the answer to it; each phase has its time.
/// - A full house makes room for whoever comes next, at the expense of the connection that has waited longest.
/// - After `stop` the port is free and every connection ended.
package final class WebServer: Sendable {
    /// A certificate chain and its key, PEM.
    package struct Encryption: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package let counters: WebCounters
    private let host: String
    private let limits: WebLimits
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let book: ConnectionBook
    private let tls: NIOSSLContext?
    private let listening = Mutex<(any Channel)?>(nil)

    /// Makes what depends on the port that is listened on.
    package typealias MakeGate = @Sendable (_ port: Int) -> WebGate

    private let makeGate: MakeGate
    private let sockets: (any WebSocketService)?

    /// - Throws: `WebFault.certificate`.
    package init(
        host: String, limits: WebLimits = WebLimits(), encryption: Encryption? = nil,
        counters: WebCounters = WebCounters(), sockets: (any WebSocketService)? = nil,
        gate: @escaping MakeGate
    ) throws(WebFault) {
        self.host = host == "localhost" ? "127.0.0.1" : host == "*" ? "0.0.0.0" : host
        self.limits = limits
        self.counters = counters
        self.sockets = sockets
        makeGate = gate
        book = ConnectionBook(limits: limits)
        tls = try encryption.map { encryption throws(WebFault) in
            do {
                var configuration = TLSConfiguration.makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(encryption.certificate).map {
                        .certificate($0)
                    }, privateKey: .privateKey(try NIOSSLPrivateKey(file: encryption.key, format: .pem)))
                configuration.minimumTLSVersion = .tlsv12
                return try NIOSSLContext(configuration: configuration)
            } catch {
                throw .certificate(certificate: encryption.certificate, key: encryption.key, reason: "\(error)")
            }
        }
    }

    package var isEncrypted: Bool { tls != nil }

    /// The thread on which everything happens.
    var loop: any EventLoop { group.next() }

    /// Listens from now on.
    ///
    /// - Parameter port: 0 lets the system choose.
    /// - Returns: the port.
    /// - Throws: `WebFault.address`.
    package func start(port: Int) throws(WebFault) -> Int {
        // Whoever comes before the port is known waits for it.
        let gate = group.next().makePromise(of: WebGate.self)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                gate.futureResult.flatMap { self.admit(channel, $0) }
            }
        do {
            let channel = try bootstrap.bind(host: host, port: port).wait()
            let port = channel.localAddress?.port ?? port
            gate.succeed(makeGate(port))
            listening.withLock { $0 = channel }
            return port
        } catch {
            gate.fail(error)
            throw .address(host: host, port: port, reason: "\(error)")
        }
    }

    /// Ends everything; returns when all is closed.
    package func stop() {
        let channel = listening.withLock { listening in
            defer { listening = nil }
            return listening
        }
        try? channel?.close().wait()
        book.closeAll()
        try? group.syncShutdownGracefully()
    }

    private func admit(_ channel: any Channel, _ gate: WebGate) -> EventLoopFuture<Void> {
        let remote = channel.remoteAddress
        let address = remote?.ipAddress ?? "unknown"
        let isLoopback = address.hasPrefix("127.") || address == "::1" || address == "::ffff:127.0.0.1"
        switch book.admit(channel, address: address, isLoopback: isLoopback) {
        case .admitted: break
        case .inPlaceOf(let other):
            counters.refused("crowded_out", address: address)
            other.close(mode: .all, promise: nil)
        case .refused(let reason):
            counters.refused(reason, address: address)
            return channel.close()
        }
        counters.opened()
        channel.closeFuture.whenComplete { [book, counters] _ in
            book.left(channel)
            counters.closed()
        }
        return channel.eventLoop.makeCompletedFuture { try self.assemble(channel, gate, address) }
    }

    private func assemble(_ channel: any Channel, _ gate: WebGate, _ address: String) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headBytes
        decoding.maxHeaderListSize = limits.headBytes
        decoding.maxHeaderFieldCount = limits.headerFields
        let exchange = ExchangeHandler(
            gate: gate, limits: limits, counters: counters, book: book, address: address)
        try pipeline.configureHTTPServerPipeline(
            position: .last, withPipeliningAssistance: true, withServerUpgrade: upgrade(gate, address),
            withErrorHandling: false, withOutboundHeaderValidation: true, withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: decoding)
        try pipeline.addHandler(exchange)
    }

    private func upgrade(_ gate: WebGate, _ address: String) -> NIOHTTPServerUpgradeConfiguration? {
        guard let sockets else { return nil }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: limits.messageBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let isOurs = WebRequest.split(head.uri).path == sockets.path && head.method == .GET
                let isAdmitted = (try? gate.admitSocket(head)) != nil
                return channel.eventLoop.makeSucceededFuture(isOurs && isAdmitted ? [:] : nil)
            },
            upgradePipelineHandler: { [limits, counters, book] channel, _ in
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        SocketHandler(
                            service: sockets, gate: gate, limits: limits, counters: counters, book: book,
                            address: address))
                    let exchange = try pipeline.context(handlerType: ExchangeHandler.self)
                    pipeline.removeHandler(context: exchange, promise: nil)
                }
            })
        return (upgraders: [upgrader], completionHandler: { _ in })
    }
}

/// The errors of the HTTP server.
package enum WebFault: Error, Equatable, CustomStringConvertible {
    case certificate(certificate: String, key: String, reason: String)
    case address(host: String, port: Int, reason: String)

    package var description: String {
        switch self {
        case .certificate(let certificate, let key, let reason):
            "the certificate \(certificate) with the key \(key) cannot be used (\(reason)); both must be PEM and belong together"
        case .address(let host, let port, let reason):
            "cannot listen on \(host):\(port) (\(reason)); set http.address to another one, or stop what uses it"
        }
    }
}
