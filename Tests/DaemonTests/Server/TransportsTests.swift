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

/// A transport beside the sockets, here one within the process, reaches the same lanes under the same rights.
@Suite struct TransportsTests {
    private final class Scene {
        let folder: TemporaryFolder
        let memory = MemoryTransport()
        let server: Server
        let model: Model

        init() throws {
            folder = try TemporaryFolder()
            var configuration = Configuration()
            configuration.directories.runtime = folder.path
            configuration.directories.models = folder.path + "/models"
            configuration.lanes = 1
            (configuration.endpoints.ink, configuration.endpoints.features) = ([], [])
            (configuration.endpoints.labels, configuration.endpoints.control) = ([], [])
            let keys = try (0..<2).map { _ in try CurveKeyPair().publicKey.text }
            configuration.security.clients = try folder.write(
                "clients.yaml",
                """
                clients:
                  - {name: pad, key: '\(keys[0])', rights: [publish, subscribe], streams: [pad-], writers: [ann]}
                  - {name: wall, key: '\(keys[1])', rights: [subscribe, control], streams: ['']}

                """)
            model = try TinyModel.make()
            try model.weightFile().write(
                to: URL(filePath: folder.path + "/models/english/" + Model.File.weights))
            let clock = SystemClock()
            var parts = ServerParts()
            parts.access = try AccessControl(configuration, now: { clock.monotonic })
            let loaded = ConfigurationLoader.Loaded(
                configuration: configuration, locations: Locations(configuration.directories, environment: [:]))
            server = try Server(
                loaded, transports: TransportSet(loaded, and: [memory], access: parts.access), parts: parts)
            try server.start()
        }

        deinit { server.stop() }

        func write(_ stream: String, as peer: MemoryPeer, writer: String? = nil) throws -> String {
            var pen = ScribblingPen(seed: 3)
            let letters = pen.letters(5).map { InkPacket.Content.samples($0, firstStroke: nil) }
            let contents = [.hello(StreamHello(writer: writer))] + letters + [.endOfSegment]
            for (sequence, content) in contents.enumerated() {
                peer.publish(
                    "ink.\(stream)", try InkPacket(epoch: 1, sequence: UInt64(sequence), content: content).wire())
            }
            return try Recognizer(model: model, decoding: .beam).recognize(pen.strokes).text
        }

        func final(_ peer: MemoryPeer) throws -> LabelEvent {
            while true {
                let message = try #require(peer.receive(within: 20), "no final came")
                let event = try LabelEvent(wire: message.payload)
                if event.state == .final { return event }
            }
        }
    }

    @Test func whatIsWrittenThroughIt_isRead() throws {
        let scene = try Scene()
        let pad = scene.memory.connect(.token("pad"))
        pad.subscribe("labels.pad-1")
        let expected = try scene.write("pad-1", as: pad)
        let final = try scene.final(pad)
        #expect(final.text == expected && final.stream.text == "pad-1")
    }

    @Test func rightsHoldThereToo() throws {
        let scene = try Scene()
        let (pad, wall) = (scene.memory.connect(.token("pad")), scene.memory.connect(.key("wall")))
        let stranger = scene.memory.connect(.unknown)
        for peer in [pad, wall, stranger] { peer.subscribe("labels.") }
        pad.subscribe("labels.pad-")
        _ = try scene.write("other", as: pad)
        _ = try scene.write("pad-1", as: wall)
        _ = try scene.write("pad-2", as: pad)
        #expect(try scene.final(wall).stream.text == "pad-2")
        #expect(try scene.final(pad).stream.text == "pad-2")
        #expect(stranger.receive(within: 0) == nil)
        #expect(scene.server.totals.drops["forbidden"] == 16, "two times seven packets, two subscriptions")
    }

    @Test func aWritersName_mustBeTheClients() throws {
        let scene = try Scene()
        let (pad, wall) = (scene.memory.connect(.token("pad")), scene.memory.connect(.key("wall")))
        wall.subscribe("labels.")
        _ = try scene.write("pad-1", as: pad, writer: "ann")
        _ = try scene.final(wall)
        _ = try scene.write("pad-2", as: pad, writer: "bob")
        _ = try scene.final(wall)
        let request = try WireControlRequest(id: 7, .listStreams(.init())).wire()
        let reply = try WireControlReply(wire: try #require(wall.request(request, within: 20)))
        #expect(reply.listStreams.streams.map(\.writer) == ["ann", ""])
        let refused = try WireControlReply(wire: try #require(pad.request(request, within: 20)))
        #expect(refused.failure.code == .forbidden)
    }

    @Test func theNewcomerAlone_getsTheLastEvent() throws {
        let scene = try Scene()
        let (pad, wall) = (scene.memory.connect(.token("pad")), scene.memory.connect(.key("wall")))
        wall.subscribe("labels.")
        _ = try scene.write("pad-1", as: pad)
        let final = try scene.final(wall)
        pad.subscribe("labels.pad-1")
        #expect(try scene.final(pad) == final)
        #expect(wall.receive(within: 0) == nil)
    }
}
