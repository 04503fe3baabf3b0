import DuctusTransportZeroMQ
import DuctusWire

extension ZeroMQTransport {
    /// The sockets, by their names in the configuration, and which right lets a client connect at all.
    private static let entrance: [(socket: String, rights: Set<AllowedClient.Right>)] = [
        ("ink", [.publish]), ("features", [.publish]), ("labels", [.subscribe]), ("control", [.control, .correct]),
    ]

    /// The sockets that the configuration asks for.
    ///
    /// - Parameters:
    ///   - access: Gives the allow-list, now and after each reload.
    ///   - faults: Told of each peer that is turned away.
    /// - Throws: `KeyFileFault`, `TransportFault`.
    package static func configured(
        _ configuration: Configuration, _ locations: Locations, access: AccessControl?, faults: FaultLog?
    ) throws -> ZeroMQTransport {
        let endpoints = configuration.endpoints
        var settings = Settings()
        settings.inputs = endpoints.inputs.map { input in
            .init(input.codec.input.rawValue, input.endpoints.map(locations.resolve), prefix: input.codec.prefix)
        }
        settings.output = .init("labels", endpoints.labels.map(locations.resolve))
        settings.requests = .init("control", endpoints.control.map(locations.resolve))
        settings.readyPrefix = Topic.readyPrefix
        settings.maximumFrame = configuration.limits.message
        settings.secretKey = try configuration.security.serverKey.map { try KeyFile.read($0).secretKey }
        settings.connections = Admission.Limits(
            descriptors: DescriptorLimit.forConnections(), perClient: configuration.quotas.connections)
        let transport = try ZeroMQTransport(settings) { refusal in faults?.report(refusal) }
        access?.follow { [weak transport] list in transport?.replace(Self.domains(list)) }
        access?.followQuotas { [weak transport] in transport?.change(connectionsPerClient: $0.connections) }
        return transport
    }

    private static func domains(_ list: AllowList) -> [String: Authenticator.Domain] {
        var domains: [String: Authenticator.Domain] = [:]
        for (socket, rights) in entrance {
            var domain = Authenticator.Domain()
            for client in list.clients where !rights.isDisjoint(with: client.rights) {
                if let key = try? CurveKey(client.key) { domain.users[key.bytes] = client.name }
            }
            domains[socket] = domain
        }
        return domains
    }
}

extension FaultLog {
    fileprivate func report(_ refusal: ZeroMQTransport.Refusal) {
        switch refusal {
        case .key(let socket, let address):
            report(
                "peer_refused",
                "a client was turned away at the socket '\(socket)': its key is not in the allow-list, or lacks the right",
                metadata: ["address": "\(address)"])
        case .connection(.full, let socket, let origin):
            report(
                Admission.Refusal.full.rawValue,
                "a connection to the socket '\(socket)' was turned away: there are as many as the limit of open files allows; raise LimitNOFILE",
                metadata: ["client": "\(origin)"])
        case .connection(.quota, let socket, let origin):
            report(
                Admission.Refusal.quota.rawValue,
                "a connection to the socket '\(socket)' was turned away: the client has more than quotas.connections, or most of all there may be",
                metadata: ["client": "\(origin)"])
        }
    }
}
