import CDuctusSystemd
import Glibc

/// A connection to a D-Bus, by sd-bus. Belongs to one thread, which waits for `descriptor` and then takes what came with `next()`.
package final class MessageBus {
    private let library: ductus_sd_bus
    private let handle: OpaquePointer
    package let address: String

    /// Whether this machine has the library.
    package static var isAvailable: Bool { ductus_load_sd_bus() != nil }

    /// - Parameter address: As D-Bus writes it, for example `unix:path=/run/user/1000/bus`.
    /// - Throws: `BusFault.noLibrary`, `.connect`.
    package init(address: String) throws(BusFault) {
        guard let library = ductus_load_sd_bus()?.pointee else { throw .noLibrary }
        self.library = library
        self.address = address
        var bus: OpaquePointer?
        var code = library.new(&bus)
        guard code >= 0, let bus else { throw .connect(address: address, code: code) }
        handle = bus
        code = library.set_address(bus, address)
        if code >= 0 { code = library.set_bus_client(bus, 1) }
        if code >= 0 { code = library.start(bus) }
        guard code >= 0 else { throw .connect(address: address, code: code) }
    }

    deinit {
        library.close(handle)
        _ = library.unref(handle)
    }

    package var isOpen: Bool { library.is_open(handle) > 0 }

    // MARK: Waiting

    package var descriptor: Int32 { library.get_fd(handle) }
    /// The events to wait for on the descriptor, as `poll` takes them.
    package var events: Int16 { Int16(truncatingIfNeeded: max(0, library.get_events(handle))) }

    /// The time at which `next()` must be called even if nothing came: nanoseconds of the monotonic clock; nil: never.
    package var deadline: Int64? {
        var microseconds: UInt64 = 0
        guard library.get_timeout(handle, &microseconds) >= 0, microseconds != .max else { return nil }
        return Int64(clamping: microseconds.multipliedReportingOverflow(by: 1000).partialValue)
    }

    // MARK: Messages

    /// The next message that came; nil: none at present.
    /// - Throws: `BusFault.lost`.
    package func next() throws(BusFault) -> BusMessage? {
        while true {
            var message: OpaquePointer?
            let code = library.process(handle, &message)
            guard code >= 0 else { throw .lost(code: code) }
            if let message { return BusMessage(message, library) }
            if code == 0 { return nil }
        }
    }

    package func call(
        _ destination: String, _ path: String, _ interface: String, _ member: String, _ values: [BusValue] = []
    ) throws(BusFault) -> BusMessage {
        var message: OpaquePointer?
        let code = library.message_new_method_call(handle, &message, destination, path, interface, member)
        guard code >= 0, let message else { throw .build(member: member, code: code) }
        let call = BusMessage(message, library)
        try call.append(values)
        return call
    }

    /// Sends a message, without waiting.
    /// - Returns: The number that its reply will name.
    @discardableResult
    package func send(_ message: BusMessage) throws(BusFault) -> UInt64 {
        var cookie: UInt64 = 0
        let code = library.send(handle, message.handle, &cookie)
        guard code >= 0 else { throw .lost(code: code) }
        return cookie
    }

    package func signal(
        _ path: String, _ interface: String, _ member: String, _ values: [BusValue] = []
    ) throws(BusFault) {
        var message: OpaquePointer?
        let code = library.message_new_signal(handle, &message, path, interface, member)
        guard code >= 0, let message else { throw .build(member: member, code: code) }
        let signal = BusMessage(message, library)
        try signal.append(values)
        try send(signal)
    }

    package func reply(to call: BusMessage, _ values: [BusValue] = []) throws(BusFault) {
        guard call.expectsReply else { return }
        var message: OpaquePointer?
        let code = library.message_new_method_return(call.handle, &message)
        guard code >= 0, let message else { throw .build(member: call.member, code: code) }
        let reply = BusMessage(message, library)
        try reply.append(values)
        try send(reply)
    }

    package func refuse(_ call: BusMessage, name: String, message text: String) throws(BusFault) {
        guard call.expectsReply else { return }
        var message: OpaquePointer?
        let code = name.withCString { name in
            text.withCString { text in
                var error = sd_bus_error()
                error.name = name
                error.message = text
                return library.message_new_method_error(call.handle, &message, &error)
            }
        }
        guard code >= 0, let message else { throw .build(member: call.member, code: code) }
        try send(BusMessage(message, library))
    }

    /// Calls and waits for the answer. Messages that come meanwhile are kept for `next()`.
    /// - Throws: `BusFault.refused` for a failure or where none answers in time.
    package func ask(_ call: BusMessage, milliseconds: UInt64 = 5000) throws(BusFault) -> [BusValue] {
        var answer: OpaquePointer?
        var error = sd_bus_error()
        defer { library.error_free(&error) }
        let code = library.call(handle, call.handle, milliseconds * 1000, &error, &answer)
        guard code >= 0, let answer else {
            guard isOpen else { throw .lost(code: code) }
            throw .refused(
                member: call.member, name: error.name.map { String(cString: $0) } ?? "",
                message: error.message.map { String(cString: $0) } ?? String(cString: strerror(-code)))
        }
        return try BusMessage(answer, library).values()
    }

    /// Owns a name on the bus.
    package func request(name: String) throws(BusFault) {
        let code = library.request_name(handle, name, 0)
        guard code >= 0 else {
            throw .refused(member: "RequestName", name: name, message: String(cString: strerror(-code)))
        }
    }

    /// Whether anybody owns a name on the bus.
    package func hasOwner(name: String) throws(BusFault) -> Bool {
        let bus = "org.freedesktop.DBus"
        return try ask(call(bus, "/org/freedesktop/DBus", bus, "NameHasOwner", [.string(name)])).first == .boolean(true)
    }

    /// Ends the connection, once what was sent has left.
    package func close() {
        _ = library.flush(handle)
        library.close(handle)
    }
}
