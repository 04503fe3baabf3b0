import DuctusTransportZeroMQ
import Testing

@Suite struct CurveKeyTests {
    @Test func publicKeyFollowsFromTheSecretOne() throws {
        let pair = try CurveKeyPair()
        #expect(try CurveKeyPair(secretKey: pair.secretKey).publicKey == pair.publicKey)
        #expect(pair.publicKey.bytes.count == 32)
        #expect(try CurveKeyPair().publicKey != pair.publicKey)
    }

    @Test(arguments: [
        "", "short", String(repeating: "a", count: 39), String(repeating: "a", count: 41),
        String(repeating: "~", count: 40), String(repeating: "\u{e9}", count: 20),
    ])
    func refusesWhatIsNoZ85(text: String) {
        #expect(throws: TransportFault.key("the server's key")) { try CurveKey(text, name: "the server's key") }
    }

    @Test func printingAKeyShowsNothing() throws {
        let pair = try CurveKeyPair()
        #expect(!"\(pair.secretKey)".contains(pair.secretKey.text))
    }
}
