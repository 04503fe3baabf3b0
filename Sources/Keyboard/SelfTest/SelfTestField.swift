import Foundation

/// A field of our own: to the ibus-daemon it is a program's like any other. Belongs to one thread.
final class SelfTestField {
    private let client: IBusClient
    private let path: String
    private var text: [Unicode.Scalar] = []
    /// The preedit text, and the number of its changes.
    private(set) var preedits = 0

    private static let interface = "org.freedesktop.IBus.InputContext"
    /// Preedit, lookup table, focus, surrounding text (`IBusCapabilite`).
    private static let capabilities: UInt32 = 1 | 4 | 8 | 32

    init(_ client: IBusClient) throws(BusFault) {
        self.client = client
        let answer = try client.bus.ask(client.call("CreateInputContext", [.string("ductus-self-test")]))
        guard let path = answer.first?.text else { throw .read(member: "CreateInputContext", code: 0) }
        self.path = path
        try tell("SetCapabilities", [.uint32(Self.capabilities)])
    }

    var content: String { String(text) }

    func focus() throws(BusFault) {
        try tell("FocusIn")
        try tellSurroundingText()
    }

    func leave() throws(BusFault) {
        try tell("FocusOut")
        _ = try? client.bus.ask(client.bus.call(IBusClient.name, path, "org.freedesktop.IBus.Service", "Destroy"))
    }

    /// Takes what comes until `isEnough` or the time is over.
    func live(milliseconds: Int, until isEnough: (SelfTestField) -> Bool) throws(BusFault) {
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        while !isEnough(self), ContinuousClock.now < deadline {
            while let message = try client.bus.next() { try handle(message) }
            var item = pollfd(fd: client.bus.descriptor, events: client.bus.events, revents: 0)
            _ = poll(&item, 1, 50)
        }
    }

    private func handle(_ message: BusMessage) throws(BusFault) {
        guard message.kind == .signal, message.path == path else { return }
        let values = try message.values()
        switch message.member {
        case "CommitText":
            guard let committed = values.first.flatMap({ IBusText.text(in: $0) }) else { return }
            text += Array(committed.unicodeScalars)
            try tellSurroundingText()
        case "UpdatePreeditText": preedits += 1
        case "DeleteSurroundingText":
            guard case .uint32(let count)? = values.last else { return }
            text.removeLast(min(Int(count), text.count))
            try tellSurroundingText()
        default: break
        }
    }

    private func tellSurroundingText() throws(BusFault) {
        let end = BusValue.uint32(UInt32(text.count))
        try tell("SetSurroundingText", [IBusText(content).value, end, end])
    }

    private func tell(_ member: String, _ values: [BusValue] = []) throws(BusFault) {
        try client.bus.send(client.bus.call(IBusClient.name, path, Self.interface, member, values))
    }
}
