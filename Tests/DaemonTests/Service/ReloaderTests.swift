import DuctusDaemon
import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Foundation
import Logging
import StreamingTestSupport
import Synchronization
import Testing

@Suite struct ReloaderTests {
    /// A configuration file, a model, and a reloader that has them in use.
    private final class Scene {
        let folder: TemporaryFolder
        let file: String
        let pipelines: PipelineSet
        let reloader: Reloader
        let level: LogLevel
        let access: AccessControl
        let manager: DatagramReceiver
        let registry = PrometheusRegistry()
        private let kept: Kept

        /// Events as they were published.
        private final class Kept: MessageSink {
            let events = Mutex<[[UInt8]]>([])

            func send(_ message: Publication, matters: Bool) -> Bool {
                events.withLock { $0.append(message.payload) }
                return true
            }
        }

        init() throws {
            folder = try TemporaryFolder()
            manager = try DatagramReceiver()
            file = try folder.write("ductus.yaml", "lanes: 1\n")
            try Self.writeModel(seed: 1, in: folder)
            let loader = ConfigurationLoader(path: file, environment: folder.environment)
            let loaded = try loader.load()
            pipelines = try PipelineSet(loaded.configuration.pipelines, locations: loaded.locations)
            access = try AccessControl(loaded.configuration, now: { 0 })
            level = LogLevel(loaded.configuration.logging.level)
            let kept = Kept()
            let events = EventPublisher(to: kept, clock: SystemClock())
            self.kept = kept
            reloader = Reloader(
                loader, loaded: loaded, access: access, models: ModelReload(pipelines, locations: loaded.locations),
                level: level,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                notifier: ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.path]), events: events,
                registry: registry)
        }

        static func writeModel(seed: UInt64, in folder: TemporaryFolder) throws {
            let url = URL(fileURLWithPath: folder.path + "/models/english/" + Model.File.weights)
            try TinyModel.make(seed: seed).weightFile().write(to: url)
        }

        var model: Model { pipelines.entries[0].models.current(for: nil).model }
        var events: [WireDaemonEvent] {
            get throws { try kept.events.withLock { $0 }.map { try WireDaemonEvent(wire: $0) } }
        }
    }

    @Test func whatCanChange_does_andWhatCannot_isNamed() throws {
        let scene = try Scene()
        try scene.folder.write("ductus.yaml", "lanes: 2\nquotas: {streams: 7}\nlogging: {level: error}\n")
        let outcome = scene.reloader.reload(status: "serving")
        #expect(outcome.applied == ["quotas.streams: 512 → 7", "logging.level: info → error"])
        #expect(outcome.postponed == ["lanes: 1 → 2"])
        #expect(scene.level.current == .error)
        #expect(scene.manager.receiveText()?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
        #expect(scene.manager.receiveText() == "READY=1\nSTATUS=serving")
        let event = try #require(try scene.events.first)
        #expect(event.reload.succeeded && event.number == 1)
        #expect(event.reload.remarks.last == "waits for a restart: lanes: 1 → 2")
        #expect(scene.reloader.reload(status: "").postponed == ["lanes: 1 → 2"], "told again, nothing else")
        #expect(scene.registry.text().contains("ductus_reloads_total{outcome=\"succeeded\"} 2"))
    }

    @Test func aBadFile_changesNothing() throws {
        let scene = try Scene()
        try scene.folder.write("ductus.yaml", "quotas: {streams: many}\nlogging: {level: error}\n")
        let outcome = scene.reloader.reload(status: "serving")
        #expect(outcome.applied.isEmpty && outcome.postponed.isEmpty)
        #expect(outcome.faults.count == 1 && outcome.faults[0].contains("ductus.yaml:1:"))
        #expect(scene.level.current == .info)
        _ = scene.manager.receiveText()
        #expect(scene.manager.receiveText()?.contains("the last reload failed") == true)
        #expect(try scene.events.first?.reload.succeeded == false)
    }

    @Test func aModelWhoseFilesChanged_isTakenIntoUse() throws {
        let scene = try Scene()
        let before = scene.model
        #expect(scene.reloader.reload(status: "") == Reloader.Outcome())
        #expect(scene.model === before, "untouched files are not read again")
        try Scene.writeModel(seed: 2, in: scene.folder)
        let outcome = scene.reloader.reload(status: "")
        #expect(outcome.applied == ["pipelines[ink]: model read again from \(scene.folder.path)/models/english"])
        #expect(scene.model.network.parameters != before.network.parameters)
    }

    @Test func aModelThatDoesNotLoad_leavesTheOldOneServing_andItsNewConfigurationOut() throws {
        let scene = try Scene()
        let before = scene.model
        try scene.folder.write("models/english/" + Model.File.weights, "no weights")
        try scene.folder.write("ductus.yaml", "lanes: 1\nlogging: {level: error}\n")
        let outcome = scene.reloader.reload(status: "")
        #expect(outcome.faults.count == 1)
        #expect(scene.model === before)
        #expect(scene.level.current == .info)
        try Scene.writeModel(seed: 3, in: scene.folder)
        #expect(scene.reloader.reload(status: "").applied.count == 2, "once mended, all of it is taken")
    }
}
