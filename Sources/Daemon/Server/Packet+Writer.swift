import DuctusStreaming

extension Packet {
    /// Whose hand the packet says it is, if it is a hello that says so.
    var writer: String? {
        switch self {
        case .ink(let packet): if case .hello(let hello) = packet.content { hello.writer } else { nil }
        case .features(let packet): if case .hello(let hello) = packet.content { hello.writer } else { nil }
        }
    }

    /// The hello without the name: what else it says still holds.
    mutating func forgetWriter() {
        switch self {
        case .ink(var packet):
            guard case .hello(var hello) = packet.content else { return }
            hello.writer = nil
            packet.content = .hello(hello)
            self = .ink(packet)
        case .features(var packet):
            guard case .hello(var hello) = packet.content else { return }
            hello.writer = nil
            packet.content = .hello(hello)
            self = .features(packet)
        }
    }
}
