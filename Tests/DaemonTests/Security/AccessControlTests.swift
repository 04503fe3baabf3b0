import DuctusDaemon
import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

/// Keys, rights and prefixes at the sockets of a real server, over TCP.
@Suite struct AccessControlTests {
    /// A server with CURVE on all its sockets, and the keys of its clients.
    private final class Scene {
        let folder: TemporaryFolder
        let server: Server
        let access: AccessControl
        let serverKey: CurveKey
        let context: Context
        let keys: [String: CurveKeyPair]

        init(quotas: Configuration.Quotas = .init()) throws {
            folder = try TemporaryFolder()
            context = try Context()
            let serverPair = try CurveKeyPair()
            serverKey = serverPair.publicKey
            try KeyFile.write(serverPair, to: folder.path + "/server.key", comment: "test")
            var keys: [String: CurveKeyPair] = [:]
            var list = "clients:\n"
            for (name, rights, streams) in [
                ("desk", "publish, subscribe, correct", "desk-"), ("lab", "publish", "lab-"),
                ("reader", "subscribe", "''"), ("admin", "control", "''"),
            ] {
                let pair = try CurveKeyPair()
                keys[name] = pair
                let writers = name == "desk" ? "ann" : ""
                list +=
                    "  - {name: \(name), key: '\(pair.publicKey.text)', rights: [\(rights)], streams: [\(streams)], writers: [\(writers)]}\n"
            }
            keys["stranger"] = try CurveKeyPair()
            self.keys = keys
            var configuration = Configuration()
            configuration.directories.runtime = folder.path
            configuration.directories.models = folder.path + "/models"
            configuration.lanes = 1
            configuration.quotas = quotas
            configuration.security.serverKey = folder.path + "/server.key"
            configuration.security.clients = try folder.write("clients.yaml", list)
            let anyPort = [try Endpoint("tcp://127.0.0.1:*")]
            configuration.endpoints.ink = anyPort
            configuration.endpoints.labels = anyPort
            configuration.endpoints.control = anyPort
            let loaded = ConfigurationLoader.Loaded(
                configuration: configuration, locations: Locations(configuration.directories, environment: [:]))
            let clock = SystemClock()
            access = try AccessControl(configuration, now: { clock.monotonic })
            var parts = ServerParts()
            parts.access = access
            let model = URL(fileURLWithPath: folder.path + "/models/english/" + Model.File.weights)
            try TinyModel.make().weightFile().write(to: model)
            server = try Server(loaded, transports: TransportSet(loaded, access: access), parts: parts)
            try server.start()
        }

        deinit {
            server.stop()
        }

        func security(_ client: String) throws -> SocketOptions.Security {
            .client(serverKey: serverKey, keys: try #require(keys[client]))
        }

        /// In the order ink, features, labels, control.
        func endpoint(_ index: Int) -> Endpoint { server.endpoints[index] }

        func publisher(_ security: SocketOptions.Security) throws -> Publisher {
            try Publisher(context: context, endpoint: endpoint(0), security: security, linger: 0)
        }

        func subscriber(_ client: String, to prefix: String) throws -> Subscriber {
            let subscriber = try Subscriber(context: context, endpoint: endpoint(2), security: security(client))
            try subscriber.subscribe(Array(prefix.utf8))
            try subscriber.waitUntilSubscribed(milliseconds: 5000)
            return subscriber
        }

        func write(_ stream: String, with publisher: Publisher) throws {
            var pen = ScribblingPen(seed: 1)
            var sequence: UInt64 = 0
            for content in pen.letters(4).map({ InkPacket.Content.samples($0, firstStroke: nil) }) + [.endOfSegment] {
                let packet = InkPacket(epoch: 1, sequence: sequence, content: content)
                _ = try publisher.send(topic: Array("ink.\(stream)".utf8), payload: packet.wire())
                sequence += 1
            }
        }

        func ask(_ body: WireControlRequest.OneOf_Body, as client: String) throws -> WireControlReply {
            let control = ControlClient(context: context, endpoint: endpoint(3), security: try security(client))
            return try WireControlReply(
                wire: control.request(WireControlRequest(id: 1, body).wire(), milliseconds: 5000))
        }
    }

    private func finals(_ subscriber: Subscriber, count: Int) throws -> [String] {
        var streams: [String] = []
        while streams.count < count, let frames = try subscriber.receive(milliseconds: 5000) {
            if let event = try? LabelEvent(wire: frames[1]), event.state == .final { streams.append(event.stream.text) }
        }
        return streams
    }

    /// While a client's bytes are used up, the first packet of a stream is read to see that it is one, however long; in vain only so often.
    @Test func aLongFirstPacket_isReadBeforeItIsAdmitted() throws {
        var configuration = Configuration()
        configuration.quotas.bytesPerSecond = 1 << 20
        let access = try AccessControl(configuration, now: { 0 })
        let user = PeerIdentity.localUser(1000)
        func admit(_ name: String, isReadable: Bool) throws -> (isAdmitted: Bool, wasRead: Bool) {
            var wasRead = false
            let refusal = access.admit(2 << 20, of: try #require(StreamName(name)), from: user) {
                wasRead = true
                return isReadable
            }
            return (refusal == nil, wasRead)
        }
        while access.admit(100_000, of: try #require(StreamName("flood")), from: user) == nil {}
        for name in ["a", "b", "c"] { #expect(try admit(name, isReadable: true) == (true, true)) }
        #expect(try admit("a", isReadable: true) == (false, false), "it has had its part")
        for name in ["d", "e"] { #expect(try admit(name, isReadable: false) == (false, true)) }
        #expect(try admit("f", isReadable: true) == (false, false), "too much was read in vain")
    }

    @Test func theRightKey_isIn_aForeignPrefixIsDroppedAndCounted() throws {
        let scene = try Scene()
        let reader = try scene.subscriber("reader", to: "labels.")
        let publisher = try scene.publisher(scene.security("desk"))
        try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 5000)
        try scene.write("other", with: publisher)
        try scene.write("desk-1", with: publisher)
        #expect(try finals(reader, count: 1) == ["desk-1"])
        #expect(scene.server.totals.drops["forbidden"] == 5)
    }

    @Test(arguments: ["stranger", "reader"]) func aWrongKey_orOneWithoutTheRight_isOut(client: String) throws {
        let scene = try Scene()
        let publisher = try scene.publisher(scene.security(client))
        #expect(throws: TransportFault.self) {
            try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 1500)
        }
        #expect(scene.server.totals.transport.peersRefused >= 1)
    }

    @Test func aPlainClient_isOut() throws {
        let scene = try Scene()
        let publisher = try scene.publisher(.none)
        #expect(throws: TransportFault.self) {
            try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 1500)
        }
        #expect(scene.server.totals.packets["ink"] == 0)
    }

    @Test func aSubscription_bringsOnlyWhatThePrefixAllows() throws {
        let scene = try Scene()
        let desk = try scene.subscriber("desk", to: "labels.")
        try desk.subscribe(Array("labels.desk-1".utf8))
        try desk.waitUntilSubscribed(milliseconds: 5000)
        let reader = try scene.subscriber("reader", to: "labels.")
        let publisher = try scene.publisher(scene.security("desk"))
        try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 5000)
        try scene.write("desk-2", with: publisher)
        try scene.write("desk-1", with: publisher)
        #expect(Set(try finals(reader, count: 2)) == ["desk-1", "desk-2"])
        #expect(try finals(desk, count: 1) == ["desk-1"], "labels. as a whole was turned down")
        #expect(scene.server.totals.drops["forbidden"] == 1)
    }

    @Test func aWriter_isWhoTheClientMayWriteAs() throws {
        let scene = try Scene()
        let publisher = try scene.publisher(scene.security("desk"))
        try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 5000)
        for (stream, writer) in [("desk-1", "ann"), ("desk-2", "bob")] {
            let hello = InkPacket(epoch: 1, sequence: 0, content: .hello(StreamHello(writer: writer, device: "pen")))
            try publisher.send(topic: Array("ink.\(stream)".utf8), payload: hello.wire())
        }
        let limit = Date(timeIntervalSinceNow: 10)
        var streams: [WireStreamStatus] = []
        while streams.count < 2, Date() < limit {
            streams = try scene.ask(.listStreams(.init()), as: "admin").listStreams.streams
        }
        #expect(streams.map(\.writer) == ["ann", ""], "the hello is taken, without the name")
        #expect(streams.map(\.device) == ["pen", "pen"])
        #expect(scene.server.totals.drops["forbidden_writer"] == 1)
        #expect(scene.access.admit(correctionOf: "bob", from: .key("desk")) == .writer)
        #expect(scene.access.admit(correctionOf: "ann", from: .key("desk")) == nil)
        #expect(scene.access.admit(correctionOf: nil, from: .key("desk")) == nil)
        #expect(scene.access.admit(correctionOf: "bob", from: .localUser(1000)) == nil)
    }

    @Test func aRightThatIsTakenAway_endsOnAnOpenSubscription() throws {
        let scene = try Scene()
        let reader = try scene.subscriber("reader", to: "labels.")
        let publisher = try scene.publisher(scene.security("desk"))
        try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 5000)
        try scene.write("desk-1", with: publisher)
        #expect(try finals(reader, count: 1) == ["desk-1"])
        var configuration = scene.server.configuration
        let desk = try #require(scene.keys["desk"]).publicKey.text
        configuration.security.clients = try scene.folder.write(
            "clients.yaml", "clients: [{name: desk, key: '\(desk)', rights: [publish, subscribe], streams: [desk-]}]\n")
        try scene.access.change(to: configuration)
        let witness = try scene.subscriber("desk", to: "labels.desk-2")
        try scene.write("desk-2", with: publisher)
        #expect(try finals(witness, count: 1) == ["desk-2"])
        #expect(try reader.receive(milliseconds: 200) == nil)
    }

    @Test func requests_needTheirRight() throws {
        let scene = try Scene()
        #expect(try scene.ask(.status(.init()), as: "admin").status.release == Release.version)
        #expect(try scene.ask(.status(.init()), as: "desk").failure.code == .forbidden)
        var correction = WireCorrectRequest()
        correction.stream = "other"
        #expect(try scene.ask(.correct(correction), as: "desk").failure.code == .forbidden)
        correction.stream = "desk-1"
        #expect(
            try scene.ask(.correct(correction), as: "desk").failure.code == .unavailable, "no learner in this server")
        #expect(try scene.ask(.correct(correction), as: "admin").failure.code == .forbidden)
    }

    @Test func corrections_areRationed() throws {
        var quotas = Configuration.Quotas()
        quotas.correctionsPerMinute = 2
        let scene = try Scene(quotas: quotas)
        var correction = WireCorrectRequest()
        correction.stream = "desk-1"
        let codes = try (0..<3).map { _ in try scene.ask(.correct(correction), as: "desk").failure.code }
        #expect(codes == [.unavailable, .unavailable, .rateLimited])
    }

    @Test func streams_areRationed_eachKeyByItself() throws {
        var quotas = Configuration.Quotas()
        quotas.streams = 2
        let scene = try Scene(quotas: quotas)
        let reader = try scene.subscriber("reader", to: "labels.")
        for (client, streams) in [("desk", ["desk-1", "desk-2", "desk-3"]), ("lab", ["lab-1"])] {
            let publisher = try scene.publisher(scene.security(client))
            try publisher.waitForSubscription(to: Array("ink.\(streams[0])".utf8), milliseconds: 5000)
            for stream in streams { try scene.write(stream, with: publisher) }
            // A publisher that goes takes what it has not sent with it.
            #expect(try Set(finals(reader, count: client == "desk" ? 2 : 1)) == Set(streams.prefix(2)))
        }
        #expect(scene.server.totals.drops["quota_streams"] == 5)
    }

    @Test func aReloadedAllowList_holdsForTheNextPacket() throws {
        let scene = try Scene()
        let publisher = try scene.publisher(scene.security("desk"))
        try publisher.waitForSubscription(to: Array("ink.desk-1".utf8), milliseconds: 5000)
        var configuration = scene.server.configuration
        configuration.security.clients = try scene.folder.write("clients.yaml", "clients: []\n")
        try scene.access.change(to: configuration)
        let reader = PeerIdentity.key("reader")
        #expect(scene.access.admit(subscriptionTo: Array("labels.".utf8), by: reader) == .forbidden)
        #expect(!scene.access.permits(Array("labels.desk-1".utf8), to: reader))
        #expect(
            scene.access.admit(10, of: try #require(StreamName("desk-1")), from: PeerIdentity.key("desk")) == .forbidden
        )
        configuration.security.clients = try scene.folder.write("clients.yaml", "clients: {}\n")
        #expect(throws: ConfigurationError.self) { try scene.access.change(to: configuration) }
    }
}
