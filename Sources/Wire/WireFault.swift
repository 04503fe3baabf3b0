/// The errors of decoding a message. None of it stops the daemon: a data message is dropped and counted, a request gets an error reply.
package enum WireFault: Error, Equatable, CustomStringConvertible {
    /// No such topic.
    case topic(String)
    case streamName(String)
    /// The bytes are no protobuf message of this type.
    case malformed
    case unsupportedVersion(UInt32)
    /// Neither of the bodies that this version knows.
    case unknownBody
    /// A column has neither as many entries as there are samples, nor none.
    case column(String, count: Int, expected: Int)
    case tooMany(String, count: Int, limit: Int)
    case tooLong(String, bytes: Int, limit: Int)
    case outOfRange(String)
    /// Too large to be encoded at all.
    case unencodable

    package var description: String {
        switch self {
        case .topic(let text):
            "'\(text)' is no topic: ink.<stream>, features.<stream>, labels.<stream>, review.<stream> or events"
        case .streamName(let text): "'\(text)' is no stream name: 1 to 64 of A-Z a-z 0-9 _ -"
        case .malformed: "these bytes are no message of protocol ductus.v1"
        case .unsupportedVersion(let version):
            "version \(version) is not spoken here: set the field 'version' to \(WireLimits.version)"
        case .unknownBody: "the message has none of the bodies that version \(WireLimits.version) knows"
        case .column(let name, let count, let expected):
            "column '\(name)' has \(count) entries; \(expected) or none are needed"
        case .tooMany(let name, let count, let limit): "\(count) \(name) in one message; at most \(limit) are allowed"
        case .tooLong(let name, let bytes, let limit): "'\(name)' has \(bytes) bytes; at most \(limit) are allowed"
        case .outOfRange(let name): "'\(name)' is out of range"
        case .unencodable: "the message is too large to be encoded"
        }
    }
}
