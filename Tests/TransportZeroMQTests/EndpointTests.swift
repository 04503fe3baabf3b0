import DuctusTransportZeroMQ
import Testing

@Suite struct EndpointTests {
    @Test(arguments: ["ipc:///run/ductus/ink", "tcp://127.0.0.1:7711", "inproc://labels"])
    func readsWhatItPrints(text: String) throws {
        #expect(try Endpoint(text).description == text)
    }

    @Test(arguments: ["", "ipc://", "http://localhost", "/run/ductus/ink", "tcp:/x", "ipc://a\0b"])
    func refusesAnythingElse(text: String) {
        #expect(throws: TransportFault.endpoint(text)) { try Endpoint(text) }
    }

    @Test func onlyIpcHasAFile() throws {
        #expect(try Endpoint("ipc:///a/b").path == "/a/b")
        #expect(try Endpoint("ipc://@abstract").path == nil)
        #expect(try Endpoint("tcp://127.0.0.1:1").path == nil)
    }
}
