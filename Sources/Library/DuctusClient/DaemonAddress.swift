import DuctusTransport
import DuctusTransportZeroMQ
import Foundation

/// The address of a daemon: its sockets, and its keys on a network.
public struct DaemonAddress: Sendable {
    /// The sockets of a daemon.
    enum Service: String { case ink, features, labels, control }

    let endpoints: [Service: Endpoint]
    let security: SocketOptions.Security

    /// The daemon of this user if it runs, else the machine's.
    public static var thisMachine: DaemonAddress { DaemonAddress(directory: SocketDirectory.ofRunningDaemon()) }

    /// A daemon of this machine by its runtime directory, such as `/run/ductus`.
    public static func directory(_ directory: URL) -> DaemonAddress { DaemonAddress(directory: directory.path) }

    private init(directory: String) {
        endpoints = Dictionary(
            uniqueKeysWithValues: [Service.ink, .features, .labels, .control].map {
                ($0, Endpoint(ipc: "\(directory)/\($0.rawValue)"))
            })
        security = .none
    }

    /// A daemon on the network; every connection is encrypted (CURVE).
    ///
    /// - Parameters:
    ///   - ink: and the others: `tcp://host:port`, as the daemon's configuration names them.
    ///   - serverKey: the daemon's public key, 40 characters of Z85.
    ///   - secretKey: of this client, whose public half is in the daemon's allow-list; `ductus keygen` makes a pair.
    /// - Throws: an error that names the endpoint or key that is none.
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

    func endpoint(_ service: Service) throws -> Endpoint {
        guard let endpoint = endpoints[service] else { throw TransportFault.endpoint(service.rawValue) }
        return endpoint
    }
}
