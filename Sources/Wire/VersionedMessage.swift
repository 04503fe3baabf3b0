package import SwiftProtobuf

/// A message that travels on its own, and so tells its version.
package protocol VersionedMessage: SwiftProtobuf.Message {
    var version: UInt32 { get set }
}

extension WireInkMessage: VersionedMessage {}
extension WireFeatureMessage: VersionedMessage {}
extension WireLabelEvent: VersionedMessage {}
extension WireReviewSuggestion: VersionedMessage {}
extension WireDaemonEvent: VersionedMessage {}
extension WireControlRequest: VersionedMessage {}
extension WireControlReply: VersionedMessage {}

extension VersionedMessage {
    /// Fields that this version does not know are ignored.
    /// - Throws: `WireFault.malformed`, `.unsupportedVersion`.
    package init(wire: [UInt8]) throws(WireFault) {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            try self.init(serializedBytes: wire, options: options)
        } catch {
            throw .malformed
        }
        guard version == WireLimits.version else { throw .unsupportedVersion(version) }
    }

    /// The bytes, with the version filled in.
    package func wire() throws(WireFault) -> [UInt8] {
        var message = self
        message.version = WireLimits.version
        do {
            return try message.serializedBytes()
        } catch {
            throw .unencodable
        }
    }
}
