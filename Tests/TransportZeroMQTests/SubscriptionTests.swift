import DuctusTransportZeroMQ
import Testing

@Suite struct SubscriptionTests {
    private func parse(_ bytes: [UInt8]) -> Subscription? { bytes.withUnsafeBytes { Subscription($0) } }

    @Test func firstByteTellsWhetherItBegins() {
        #expect(parse([1] + "labels.a".bytes)?.begins == true)
        #expect(parse([0] + "labels.a".bytes)?.begins == false)
        #expect(parse([1] + "labels.a".bytes)?.text == "labels.a")
        #expect(parse([1])?.prefix == [])
    }

    @Test func otherUpstreamMessagesAreNone() {
        #expect(parse([]) == nil)
        #expect(parse([2, 65]) == nil)
    }
}
