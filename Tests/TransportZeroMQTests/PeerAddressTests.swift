import DuctusTransport
import DuctusTransportZeroMQ
import Testing

@Suite struct PeerAddressTests {
    @Test(arguments: [("localhost:1000:100:4711", 1000), ("localhost:0:0:1", 0), ("localhost:4294967295:0:1", .max)])
    func anAddressOfALocalPeer_namesItsUser(address: String, uid: UInt32) {
        #expect(PeerIdentity.uid(fromAddress: address) == uid)
    }

    /// The groups of an address of IPv6 are no user, whatever their number.
    @Test(arguments: [
        "10.0.0.1", "2001:470::1", "1:2:3:4", "localhost", "localhost:", "localhost::0:1", "localhost:-1:0:1",
        "localhost:4294967296:0:1", "localhost:99999999999:0:1", "localhost:1x:0:1", "localhost:1:0",
        "localhost:1:0:1:2", "",
    ])
    func anotherAddress_namesNobody(address: String) {
        #expect(PeerIdentity.uid(fromAddress: address) == nil)
    }
}
