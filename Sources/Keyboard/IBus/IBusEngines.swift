/// The engine's side of IBus. It makes engines when asked, passes their calls on, and shows the composer's text. It
/// belongs to the thread of its bus.
package final class IBusEngines {
    private let client: IBusClient
    private var bus: MessageBus { client.bus }
    private let engine: String
    /// The engine of the field that has, or had, the focus.
    private var active: String?
    private var made = 0

    private static let factoryPath = "/org/freedesktop/IBus/Factory"
    private static let factoryInterface = "org.freedesktop.IBus.Factory"
    private static let properties = "org.freedesktop.DBus.Properties"
    /// The property by which the engine asks to be told which program has the focus.
    private static let focusProperty = "FocusId"
    /// The field's program keeps the preedit when the focus leaves.
    private static let keepsPreedit: UInt32 = 1

    /// - Parameters:
    ///   - isLaunched: IBus has started this program, and knows the engine from its file; else it is told now.
    /// - Throws: `KeyboardFault.alreadyServed`, `BusFault`.
    package init(_ client: IBusClient, engine: String = IBusComponent.engine, version: String, isLaunched: Bool) throws
    {
        self.client = client
        self.engine = engine
        if !isLaunched {
            _ = try client.bus.ask(
                client.call(
                    "RegisterComponent", [IBusComponent.description(version: version, engine: engine)]))
        }
        if engine == IBusComponent.engine {
            do {
                try client.bus.request(name: IBusComponent.name)
            } catch .refused {
                throw KeyboardFault.alreadyServed
            }
        }
        _ = try client.bus.ask(
            client.bus.call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
                [.string("type='signal',interface='\(IBusClient.name)',member='GlobalEngineChanged'")]))
    }

    /// The call that a message holds.
    package enum Request {
        /// `isElsewhere`: of another field than the one before, whose program did not say that the focus left.
        case engine(IBusCall, isElsewhere: Bool)
        /// A key: to be answered.
        case key(Key, BusMessage)
        case engineChanged(String)
        case none
    }

    /// Answers what needs no thought, and gives the rest.
    package func handle(_ message: BusMessage) throws(BusFault) -> Request {
        if message.kind == .signal, message.member == "GlobalEngineChanged" {
            return try message.values().first?.text.map { .engineChanged($0) } ?? .none
        }
        guard message.kind == .call else { return .none }
        switch (message.interface, message.member) {
        case (Self.factoryInterface, "CreateEngine"):
            try make(message)
            return .none
        case (IBusCall.interface, let member):
            guard let call = IBusCall(member, try message.values()) else {
                try bus.refuse(
                    message, name: "org.freedesktop.DBus.Error.InvalidArgs", message: "\(member): wrong arguments")
                return .none
            }
            return try handle(call, message)
        case (Self.properties, "Set"):
            let values = try message.values()
            try bus.reply(to: message)
            guard values.count == 3, let name = values[1].text, let call = IBusCall(property: name, values[2]) else {
                return .none
            }
            return .engine(call, isElsewhere: false)
        case (Self.properties, "Get"):
            let asksFocus = try message.values().last?.text == Self.focusProperty
            try bus.reply(to: message, [Self.property(asksFocus)])
        case (Self.properties, "GetAll"):
            try bus.reply(
                to: message,
                [.array(of: "{sv}", [.entry(.string(Self.focusProperty), Self.property(true))])])
        case ("org.freedesktop.IBus.Service", "Destroy"):
            try bus.reply(to: message)
            if message.path == active {
                active = nil
                return .engine(.focusOut, isElsewhere: false)
            }
        default:
            try bus.refuse(
                message, name: "org.freedesktop.DBus.Error.UnknownMethod", message: "\(message.member) is not known")
        }
        return .none
    }

    private func handle(_ call: IBusCall, _ message: BusMessage) throws(BusFault) -> Request {
        if case .key(let key) = call { return .key(key, message) }
        try bus.reply(to: message)
        let isElsewhere = active != nil && message.path != active
        switch call {
        case .focusIn:
            active = message.path
            try bus.signal(message.path, IBusCall.interface, "RequireSurroundingText")
        case .other: return .none
        default: if isElsewhere { return .none }
        }
        return .engine(call, isElsewhere: isElsewhere)
    }

    /// The ibus-daemon takes a plain boolean, though IBus's own description of it says `(b)`.
    private static func property(_ value: Bool) -> BusValue { .variant(.boolean(value)) }

    private func make(_ message: BusMessage) throws(BusFault) {
        guard try message.values().first?.text == engine else {
            try bus.refuse(message, name: "org.freedesktop.DBus.Error.Failed", message: "there is no such engine here")
            return
        }
        made += 1
        try bus.reply(to: message, [.path("/org/freedesktop/IBus/Engine/Ductus/\(made)")])
    }

    package func answer(_ key: BusMessage, isTaken: Bool) throws(BusFault) {
        try bus.reply(to: key, [.boolean(isTaken)])
    }

    /// Shows what the composer wants shown; other actions are none of the field's.
    package func perform(_ action: ComposingAction) throws(BusFault) {
        switch action {
        case .showPreedit(let text, let plain):
            let length = text.codePoints
            let shown = IBusText(text, underlined: min(plain, length)..<length)
            try signal(
                "UpdatePreeditText",
                [shown.value, .uint32(UInt32(length)), .boolean(true), .uint32(Self.keepsPreedit)])
        case .hidePreedit:
            try signal(
                "UpdatePreeditText", [IBusText("").value, .uint32(0), .boolean(false), .uint32(0)])
        case .commit(let text): try signal("CommitText", [IBusText(text).value])
        case .deleteBefore(let count):
            try signal("DeleteSurroundingText", [.int32(-Int32(clamping: count)), .uint32(UInt32(clamping: count))])
        case .press(let key):
            for state in [key.state, key.state | Key.release] {
                try signal("ForwardKeyEvent", [.uint32(key.symbol), .uint32(key.code), .uint32(state)])
            }
        case .showChoices(let choices):
            let table = IBusLookupTable(candidates: choices, labels: choices.indices.map { "Alt+\($0 + 1)" })
            try signal("UpdateLookupTable", [table.value, .boolean(true)])
        case .hideChoices:
            try signal("UpdateLookupTable", [IBusLookupTable(candidates: []).value, .boolean(false)])
        case .settle, .correct, .endSegment, .greet: break
        }
    }

    private func signal(_ member: String, _ values: [BusValue]) throws(BusFault) {
        guard let active else { return }
        try bus.signal(active, IBusCall.interface, member, values)
    }
}
