import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// The address of a daemon: its sockets, and its keys on a network.
public struct DaemonAddress: Sendable {
    let endpoints: [DaemonSocket: Endpoint]
    let security: SocketOptions.Security

    /// The daemon of this user if it runs, else the machine's.
    public static var thisMachine: DaemonAddress { DaemonAddress(directory: SocketDirectory.ofRunningDaemon()) }

    /// A daemon of this machine by its runtime directory, such as `/run/ductus`.
    public static func directory(_ directory: URL) -> DaemonAddress { DaemonAddress(directory: directory.path) }

    private init(directory: String) {
        endpoints = Dictionary(
            uniqueKeysWithValues: DaemonSocket.allCases.map {
                ($0, Endpoint(ipc: "\(directory)/\($0.rawValue)"))
            })
        security = .none
    }

    /// A daemon on the network; every connection is encrypted (CURVE).
    ///
    /// - Parameters:
    ///   - ink: the endpoint of the socket, `tcp://host:port`, as the daemon's configuration names it; so are the next
    ///     three.
    ///   - serverKey: the daemon's public key, 40 characters of Z85.
    ///   - secretKey: this client's secret key. Its public key is in the daemon's allow-list; `ductus keygen` makes a
    ///     pair.
    /// - Throws: an error that names the endpoint or key that is malformed.
    public init(
        ink: String, features: String, labels: String, control: String, serverKey: String, secretKey: String
    ) throws {
        endpoints = [
            .ink: try Endpoint(ink), .features: try Endpoint(features), .labels: try Endpoint(labels),
            .control: try Endpoint(control),
        ]
        security = .client(
            serverKey: try CurveKey(serverKey, name: "the server's key"),
            keys: try CurveKeyPair(secretKey: CurveKey(secretKey, name: "the client's secret key")))
    }

    func endpoint(_ socket: DaemonSocket) throws -> Endpoint {
        guard let endpoint = endpoints[socket] else { throw TransportFault.endpoint(socket.rawValue) }
        return endpoint
    }
}
