import CDuctusSystemd

/// A message of a D-Bus, to be sent or as it came. Belongs to the thread of its bus.
package final class BusMessage {
    /// The type of the message, by the numbers of the D-Bus specification.
    package enum Kind: UInt8 { case call = 1, reply, failure, signal }

    let handle: OpaquePointer
    private let library: ductus_sd_bus

    /// Takes over `handle`.
    init(_ handle: OpaquePointer, _ library: ductus_sd_bus) {
        self.handle = handle
        self.library = library
    }

    deinit { _ = library.message_unref(handle) }

    package var kind: Kind? {
        var type: UInt8 = 0
        _ = library.message_get_type(handle, &type)
        return Kind(rawValue: type)
    }

    package var path: String { text(library.message_get_path) }
    package var interface: String { text(library.message_get_interface) }
    package var member: String { text(library.message_get_member) }
    package var sender: String { text(library.message_get_sender) }
    package var expectsReply: Bool { library.message_get_expect_reply(handle) > 0 }

    /// The number of the call that this answers.
    package var replyCookie: UInt64? {
        var cookie: UInt64 = 0
        return library.message_get_reply_cookie(handle, &cookie) >= 0 ? cookie : nil
    }

    /// The text of a failure.
    package var failure: (name: String, message: String)? {
        guard let error = library.message_get_error(handle)?.pointee else { return nil }
        return (error.name.map { String(cString: $0) } ?? "", error.message.map { String(cString: $0) } ?? "")
    }

    private func text(_ get: (OpaquePointer?) -> UnsafePointer<CChar>?) -> String {
        get(handle).map { String(cString: $0) } ?? ""
    }

    // MARK: Writing

    package func append(_ values: [BusValue]) throws(BusFault) {
        for value in values { try append(value) }
    }

    private func append(_ value: BusValue) throws(BusFault) {
        switch value {
        case .byte(let number): try append("y", number)
        case .boolean(let flag): try append("b", Int32(flag ? 1 : 0))
        case .int16(let number): try append("n", number)
        case .uint16(let number): try append("q", number)
        case .int32(let number): try append("i", number)
        case .uint32(let number): try append("u", number)
        case .int64(let number): try append("x", number)
        case .uint64(let number): try append("t", number)
        case .double(let number): try append("d", number)
        case .string(let text): try append("s", text: text)
        case .path(let text): try append("o", text: text)
        case .signature(let text): try append("g", text: text)
        case .variant(let inner): try append(container: "v", inner.signature, [inner])
        case .array(let element, let elements): try append(container: "a", element, elements)
        case .structure(let members):
            try append(container: "r", members.map(\.signature).joined(), members)
        case .entry(let key, let value): try append(container: "e", key.signature + value.signature, [key, value])
        }
    }

    private func append(_ type: Unicode.Scalar, _ value: some BitwiseCopyable) throws(BusFault) {
        let code = withUnsafeBytes(of: value) {
            library.message_append_basic(handle, CChar(type.value), $0.baseAddress)
        }
        guard code >= 0 else { throw .build(member: member, code: code) }
    }

    /// D-Bus strings cannot hold a zero: what follows one would silently be lost, so zeros are left out.
    private func append(_ type: Unicode.Scalar, text: String) throws(BusFault) {
        let code = text.filter { $0 != "\0" }.withCString {
            library.message_append_basic(handle, CChar(type.value), $0)
        }
        guard code >= 0 else { throw .build(member: member, code: code) }
    }

    private func append(
        container type: Unicode.Scalar, _ signature: String, _ values: [BusValue]
    ) throws(BusFault) {
        var code = library.message_open_container(handle, CChar(type.value), signature)
        guard code >= 0 else { throw .build(member: member, code: code) }
        for value in values { try append(value) }
        code = library.message_close_container(handle)
        guard code >= 0 else { throw .build(member: member, code: code) }
    }

    // MARK: Reading

    /// All values that have not been read yet.
    package func values() throws(BusFault) -> [BusValue] {
        var values: [BusValue] = []
        while let value = try next() { values.append(value) }
        return values
    }

    private func next() throws(BusFault) -> BusValue? {
        var type: CChar = 0
        var contents: UnsafePointer<CChar>?
        let code = library.message_peek_type(handle, &type, &contents)
        guard code >= 0 else { throw .read(member: member, code: code) }
        guard code > 0 else { return nil }
        let signature = contents.map { String(cString: $0) } ?? ""
        switch Unicode.Scalar(UInt8(bitPattern: type)) {
        case "y": return .byte(try basic(type, 0))
        case "b": return .boolean(try basic(type, Int32(0)) != 0)
        case "n": return .int16(try basic(type, 0))
        case "q": return .uint16(try basic(type, 0))
        case "i": return .int32(try basic(type, 0))
        case "u": return .uint32(try basic(type, 0))
        case "x": return .int64(try basic(type, 0))
        case "t": return .uint64(try basic(type, 0))
        case "d": return .double(try basic(type, 0))
        case "s": return .string(try string(type))
        case "o": return .path(try string(type))
        case "g": return .signature(try string(type))
        case "v":
            guard let inner = try inside(type, signature).first else { throw .read(member: member, code: 0) }
            return .variant(inner)
        case "a": return .array(of: signature, try inside(type, signature))
        case "r": return .structure(try inside(type, signature))
        case "e":
            let pair = try inside(type, signature)
            guard pair.count == 2 else { throw .read(member: member, code: 0) }
            return .entry(pair[0], pair[1])
        default: throw .read(member: member, code: 0)
        }
    }

    private func basic<Number: BitwiseCopyable>(_ type: CChar, _ start: Number) throws(BusFault) -> Number {
        var number = start
        let code = withUnsafeMutableBytes(of: &number) { library.message_read_basic(handle, type, $0.baseAddress) }
        guard code >= 0 else { throw .read(member: member, code: code) }
        return number
    }

    private func string(_ type: CChar) throws(BusFault) -> String {
        var text: UnsafePointer<CChar>?
        let code = withUnsafeMutableBytes(of: &text) { library.message_read_basic(handle, type, $0.baseAddress) }
        guard code >= 0, let text else { throw .read(member: member, code: code) }
        return String(cString: text)
    }

    private func inside(_ type: CChar, _ signature: String) throws(BusFault) -> [BusValue] {
        var code = library.message_enter_container(handle, type, signature)
        guard code >= 0 else { throw .read(member: member, code: code) }
        let values = try values()
        code = library.message_exit_container(handle)
        guard code >= 0 else { throw .read(member: member, code: code) }
        return values
    }
}
