import ArgumentParser
import DuctusDaemon
import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// The options of every command that talks to a daemon.
struct ConnectOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where the daemon is: its runtime directory, or SOCKET=ENDPOINT (ink, features, labels, control), repeated.",
            discussion:
                "For example --connect /run/ductus, or --connect labels=tcp://desk:7713. The daemons of a cell are given together, separated by commas: --connect ink=tcp://a:7711,tcp://b:7711. Default: this user's daemon, else the machine's."
        ))
    var connect: [String] = []

    @Option(help: "The daemon's public key, for TCP.")
    var serverKey: String?

    @Option(help: "A file with this client's key, made by `ductus keygen`.")
    var key: String?

    func validate() throws {
        for text in connect where text.contains("=") {
            guard DaemonSocket(rawValue: String(text.prefix { $0 != "=" })) != nil else {
                throw ValidationError(
                    "--connect \(text): sockets are \(DaemonSocket.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }
        if (serverKey == nil) != (key == nil) { throw ValidationError("--server-key and --key belong together") }
    }

    /// The endpoint of a socket of the daemon; in a cell, of its first daemon.
    func endpoint(_ socket: DaemonSocket) throws -> Endpoint { try endpoints(socket)[0] }

    /// The endpoints of a socket, one for each daemon.
    func endpoints(_ socket: DaemonSocket) throws -> [Endpoint] {
        let prefix = socket.rawValue + "="
        func parts(_ text: String) -> [String] {
            let parts = text.split(separator: ",").map(String.init)
            return parts.isEmpty ? [text] : parts
        }
        if let text = connect.last(where: { $0.hasPrefix(prefix) }) {
            return try parts(String(text.dropFirst(prefix.count))).map { try Endpoint($0) }
        }
        if let directories = connect.last(where: { !$0.contains("=") }) {
            return try parts(directories).map { directory in
                let path = directory.hasPrefix("ipc://") ? String(directory.dropFirst(6)) : directory
                return try Endpoint("ipc://\(URL(filePath: path).path)/\(socket.rawValue)")
            }
        }
        return [Endpoint(ipc: "\(SocketDirectory.ofRunningDaemon())/\(socket.rawValue)")]
    }

    func security() throws -> SocketOptions.Security {
        guard let serverKey, let key else { return .none }
        return .client(serverKey: try CurveKey(serverKey, name: "--server-key"), keys: try KeyFile.read(key))
    }

    func publisher(_ socket: DaemonSocket, context: Context) throws -> Publisher {
        try Publisher(context: context, endpoint: endpoint(socket), security: security())
    }

    /// A subscriber whose subscriptions are in force.
    func subscriber(to prefixes: [String], context: Context) throws -> Subscriber {
        let subscriber = try Subscriber(context: context, endpoints: endpoints(.labels), security: security())
        try subscriber.waitUntilSubscribed(milliseconds: 5000)
        // Asked for only now, so that the last events that greet a new subscriber are not lost in the waiting.
        for prefix in prefixes { try subscriber.subscribe(Array(prefix.utf8)) }
        return subscriber
    }

    /// The sending side of a stream.
    ///
    /// - Parameter hello: a hello of this number.
    func pen(
        _ topic: Topic, on socket: DaemonSocket, writer: String? = nil, context: Context,
        hello: @escaping (_ sequence: UInt64) throws -> [UInt8]
    ) throws -> CellPen {
        try CellPen(
            topic, writer: writer, at: endpoints(socket), security: security(), context: context, hello: hello)
    }

    /// A client of each daemon.
    func controls(context: Context) throws -> [ControlClient] {
        let security = try security()
        return try endpoints(.control).map { ControlClient(context: context, endpoint: $0, security: security) }
    }

    func control(context: Context) throws -> ControlClient {
        ControlClient(context: context, endpoint: try endpoint(.control), security: try security())
    }
}
