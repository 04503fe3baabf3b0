import Glibc

/// The calls that any program may make to an ibus-daemon. It belongs to the thread of its bus.
package final class IBusClient {
    package let bus: MessageBus

    static let name = "org.freedesktop.IBus"
    static let path = "/org/freedesktop/IBus"
    /// The patience with calls that IBus answers only after it has asked an engine, in ms.
    private static let patience: UInt64 = 5000
    /// The number of looks, and the microseconds between them, until IBus knows that a program has left.
    private static let looks = 100
    private static let pause: UInt32 = 10_000

    /// - Throws: `KeyboardFault.noIBus` where no daemon runs, `BusFault`.
    package init(environment: [String: String]) throws {
        guard let address = IBusAddress.find(environment: environment) else { throw KeyboardFault.noIBus }
        bus = try MessageBus(address: address)
    }

    private init(address: String) throws(BusFault) { bus = try MessageBus(address: address) }

    /// Leaves IBus. An ibus-daemon that loses a program with engines may forget which engine is chosen, even where it is another's: it is
    /// told again.
    func leave() throws(BusFault) {
        let chosen = try globalEngine()
        bus.close()
        guard let chosen else { return }
        let later = try IBusClient(address: bus.address)
        for _ in 0..<Self.looks where try later.bus.hasOwner(name: IBusComponent.name) { usleep(Self.pause) }
        if try later.globalEngine() == nil { try later.setGlobalEngine(chosen) }
    }

    func call(_ member: String, _ values: [BusValue] = []) throws(BusFault) -> BusMessage {
        try bus.call(Self.name, Self.path, Self.name, member, values)
    }

    /// The engine that the whole desktop uses; nil where none is chosen.
    package func globalEngine() throws(BusFault) -> String? {
        do {
            let answer = try bus.ask(call("GetGlobalEngine"))
            return answer.first.flatMap { IBusComponent.engineName(in: $0) }
        } catch .refused {
            return nil
        }
    }

    /// The answer comes after the engine was made: not to be waited for by the program whose engine it is.
    /// - Returns: The number that the answer names.
    package func requestGlobalEngine(_ engine: String) throws(BusFault) -> UInt64 {
        try bus.send(call("SetGlobalEngine", [.string(engine)]))
    }

    package func setGlobalEngine(_ engine: String) throws(BusFault) {
        _ = try bus.ask(call("SetGlobalEngine", [.string(engine)]), milliseconds: Self.patience)
    }

    /// Names of the engines that can be chosen.
    package func engines() throws(BusFault) -> [String] {
        try bus.ask(call("ListEngines")).first?.elements?.compactMap { IBusComponent.engineName(in: $0) } ?? []
    }
}
