import DuctusWeb
import Testing

@Suite struct WebNamesTests {
    @Test func loopback_isKnownByItsThreeNames_andByNoOther() {
        let names = WebNames(host: "127.0.0.1", port: 7718, isEncrypted: false)
        #expect(names.hosts == ["127.0.0.1:7718", "localhost:7718", "[::1]:7718"])
        #expect(names.origins == ["http://127.0.0.1:7718", "http://localhost:7718", "http://[::1]:7718"])
    }

    @Test func theUsualPort_mayBeLeftOut() {
        #expect(WebNames(host: "localhost", port: 80, isEncrypted: false).hosts.contains("localhost"))
        #expect(!WebNames(host: "localhost", port: 80, isEncrypted: true).hosts.contains("localhost"))
        #expect(WebNames(host: "localhost", port: 443, isEncrypted: true).origins.contains("https://localhost"))
    }

    @Test func furtherNames_areThoseOfTheConfiguration() {
        let names = WebNames(host: "127.0.0.1", port: 7718, isEncrypted: false, names: ["Ink.Example.org"])
        #expect(names.hosts.contains("ink.example.org"))
        #expect(names.origins.contains("https://ink.example.org"))
        #expect(!names.hosts.contains("example.org"))
    }

    @Test func allAddresses_areThoseOfThisMachine() {
        let names = WebNames(host: "0.0.0.0", port: 7718, isEncrypted: true)
        #expect(names.hosts.contains("127.0.0.1:7718"))
        #expect(!names.hosts.contains("0.0.0.0:7718"))
    }
}
