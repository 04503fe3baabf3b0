import CDuctusZeroMQ

/// One half of a CURVE key pair (Curve25519), as 40 characters of Z85 (ZeroMQ RFC 32). Printing it shows nothing.
package struct CurveKey: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    /// The 32 bytes that travel in the handshake.
    package let bytes: [UInt8]

    /// - Parameter name: What to call it in an error, for example `the server's key`.
    /// - Throws: `TransportFault.key`.
    package init(_ text: String, name: String = "this text") throws(TransportFault) {
        guard text.utf8.count == 40, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw .key(name) }
        var bytes = [UInt8](repeating: 0, count: 32)
        guard zmq_z85_decode(&bytes, text) != nil else { throw .key(name) }
        self.text = text
        self.bytes = bytes
    }

    package var description: String { "CurveKey" }
}

package struct CurveKeyPair: Sendable {
    package let publicKey: CurveKey
    package let secretKey: CurveKey

    /// A new pair from the system's random source.
    package init() throws(TransportFault) {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = [CChar](repeating: 0, count: 41)
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else {
            throw .option("CURVE", of: .router, code: zmq_errno())
        }
        publicKey = try CurveKey(Self.string(publicText))
        secretKey = try CurveKey(Self.string(secretText))
    }

    /// The pair that a secret key belongs to.
    package init(secretKey: CurveKey) throws(TransportFault) {
        var publicText = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&publicText, secretKey.text) == 0 else { throw .key("the secret key") }
        self.secretKey = secretKey
        publicKey = try CurveKey(Self.string(publicText))
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
