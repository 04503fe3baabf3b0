import DuctusStreaming
import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire

/// All transports of the daemon as one: what it publishes goes out on each of them, and one handler takes what comes in.
///
/// It is made before everything that publishes. The handler, which depends on the rest of the daemon, is told with `start`.
package final class TransportSet: MessageTransport {
    private let runtime: RuntimeDirectory
    /// The sockets of the configuration.
    let sockets: ZeroMQTransport
    private let all: [any MessageTransport]

    /// Locks the runtime directory and opens the sockets; nothing is taken before `start`.
    ///
    /// - Parameters:
    ///   - others: further ways by which clients reach the daemon.
    ///   - access: gives the allow-list, now and after each reload.
    ///   - faults: told of each peer that is turned away.
    /// - Throws: `ServerFault`, `KeyFileFault`, `TransportFault`.
    package init(
        _ loaded: ConfigurationLoader.Loaded, and others: [any MessageTransport] = [], access: AccessControl? = nil,
        faults: FaultLog? = nil
    ) throws {
        runtime = try RuntimeDirectory(loaded.locations.runtime)
        sockets = try ZeroMQTransport.configured(
            loaded.configuration, loaded.locations, access: access, faults: faults)
        // The sockets come last: whoever is answered there finds every other door open.
        all = others + [sockets]
    }

    package func start(_ handler: any MessageHandler) throws {
        for transport in all { try transport.start(handler) }
    }

    package func stop() {
        for transport in all { transport.stop() }
    }

    /// Sends to the subscribers of all transports.
    ///
    /// - Returns: false if one of them had no room.
    @discardableResult
    package func send(_ message: Publication, matters: Bool) -> Bool {
        all.reduce(true) { $1.send(message, matters: matters) && $0 }
    }

    package func post(_ message: Publication, matters: Bool) -> Bool {
        all.reduce(true) { $1.post(message, matters: matters) && $0 }
    }

    package func flush() {
        for transport in all { transport.flush() }
    }

    /// Takes topics that begin with these slots' prefixes, or takes them no longer. Any thread may call it.
    func subscribe(to slots: Set<Slot>, begins: Bool) {
        for codec in InputCodec.all {
            sockets.subscribe(
                codec.input.rawValue, to: slots.sorted().map { Topic.prefix(codec.prefix, of: $0) }, begins: begins)
        }
    }
}
