import DuctusAdaptation
import DuctusDaemon
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Foundation
import Logging
import StreamingTestSupport
import Synchronization
import Testing

/// Learning as the daemon composes it, without sockets and lanes: what it is given and what it says.
///
/// By default on a small network that knows nothing, so that every text is as plausible as any other.
final class LearningScene: Sendable {
    let learning: Learning
    let handler: LearningHandler
    let clock: HandClock
    let published = Published()
    let registry = PrometheusRegistry()
    let health = ServiceHealth()
    private let locations: Locations
    private let model: Model

    /// What was sent on the labels' socket.
    final class Published: MessageSink {
        private let messages = Mutex<[(topic: Topic, payload: [UInt8])]>([])
        private let arrival = DispatchSemaphore(value: 0)

        func send(_ message: Publication, matters: Bool) -> Bool {
            guard let topic = try? Topic(wire: message.topic) else { return false }
            messages.withLock { $0.append((topic, message.payload)) }
            arrival.signal()
            return true
        }

        var all: [(topic: Topic, payload: [UInt8])] { messages.withLock { $0 } }

        /// Daemon events in order.
        var events: [WireDaemonEvent.OneOf_Body] {
            all.filter { $0.topic == .events }.compactMap { try? WireDaemonEvent(wire: $0.payload).body }
        }

        /// Waits until there is what `isEnough` wants.
        func wait(seconds: Double = 60, until isEnough: (Published) -> Bool) -> Bool {
            let deadline = DispatchTime.now() + seconds
            while !isEnough(self) {
                if arrival.wait(timeout: deadline) == .timedOut { return isEnough(self) }
            }
            return true
        }
    }

    /// The shipped model, for what takes a network that can learn in a few lines; nil where there is none.
    static let english: Model? = {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try? Model(contentsOf: root.appending(path: "models/english"))
    }()

    /// A hand that the shipped model reads with errors.
    private static let pen = {
        var hand = Writer(seed: 2, hand: .joined)
        (hand.slant, hand.carelessness, hand.aspect) = (-1, 1, 0.6)
        return SimulatedPen(writer: hand)
    }()

    /// - Parameters:
    ///   - folder: of the state; another scene in the same one is the daemon after a restart.
    ///   - pipelines: names; streams that begin with a name are read by it.
    init(
        in folder: TemporaryFolder, _ change: (inout Configuration.AdaptationSettings) -> Void = { _ in },
        model: Model? = nil,
        pipelines: [String] = ["ink"], clock: HandClock = HandClock()
    ) throws {
        var settings = Configuration.AdaptationSettings()
        change(&settings)
        self.clock = clock
        self.model = try model ?? TinyModel.make(wildness: 0.01)
        let events = EventPublisher(to: published, clock: clock)
        locations = try ConfigurationLoader(path: folder.write("ductus.yaml", ""), environment: folder.environment)
            .load().locations
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        learning = try Learning(settings, locations: locations, registry: registry, clock: clock, logger: logger)
        handler = LearningHandler(learning: learning)
        for name in pipelines {
            var pipeline = PipelineSettings()
            pipeline.name = name
            _ = try learning.makeStore(pipeline, self.model)
        }
        LearningPublisher(events: events, sink: published, registry: registry, health: health, logger: logger)
            .follow(learning.services)
    }

    deinit { end() }

    /// Ends the life of this daemon: another scene may begin in the same folder.
    func end() {
        learning.stop()
        learning.close()
    }

    /// From now on it learns.
    func start() { learning.start() }

    var service: LearningService { learning.services[0] }
    var reservoir: Reservoir? { service.reservoir }

    /// The pipeline that reads a stream: the one whose name it begins with, else the first.
    private func pipeline(of stream: String) -> String? {
        let names = learning.services.map(\.pipeline)
        return names.first { stream.hasPrefix($0) } ?? names.first
    }

    /// A line that a simulated pen wrote was read.
    func finish(
        _ number: UInt64, of stream: String = "desk", writer: String? = "anna", text: String = "no",
        confidence: Float = 0.5
    ) throws {
        let line = try Self.pen.line(text, seed: number)
        let event = LabelEvent(
            stream: .named(stream), epoch: 1, number: number, segment: number, state: .final, text: text, committed: 0,
            symbols: [.init(text: text, confidence: confidence, samples: 0..<1, strokes: 0..<1)],
            generation: .init(number: 0), sampleCount: line.sampleCount,
            stamps: .init(arrived: 0, decided: 0, published: 0))
        learning.finished(
            FinishedSegment(
                event: event, pipeline: pipeline(of: stream) ?? "", writer: writer, evidence: .ink(line.strokes)))
    }

    /// A sensor's segment was transcribed.
    func finish(_ number: UInt64, of stream: String = "wrist", writer: String? = "anna", vectors: [Float]) {
        let event = LabelEvent(
            stream: .named(stream), epoch: 1, number: number, segment: number, state: .final, text: "", committed: 0,
            symbols: [],
            generation: .init(number: 0), sampleCount: vectors.count,
            stamps: .init(arrived: 0, decided: 0, published: 0))
        learning.finished(
            FinishedSegment(
                event: event, pipeline: pipeline(of: stream) ?? "", writer: writer,
                evidence: .vectors(SensorVectors(channels: ["x", "y", "z"], rate: 50, values: vectors))))
    }

    func ask(_ body: WireControlRequest.OneOf_Body) throws -> WireControlReply.OneOf_Body {
        let reply = Mutex<WireControlReply?>(nil)
        let replied = DispatchSemaphore(value: 0)
        let isTaken = handler.handle(WireControlRequest(id: 1, body), from: PeerIdentity.unknown) { answer in
            reply.withLock { $0 = answer }
            replied.signal()
        }
        try #require(isTaken)
        replied.wait()
        return try #require(reply.withLock { $0 }).answer()
    }

    /// - Returns: the correction's number.
    @discardableResult
    func correct(_ segment: UInt64, of stream: String = "desk", _ text: String) throws -> UInt64 {
        let request = WireCorrectRequest.with { ($0.stream, $0.segment, $0.text) = (stream, segment, text) }
        guard case .correct(let reply) = try ask(.correct(request)) else {
            throw ControlFailure(.internal, "another reply")
        }
        return reply.correction
    }

    func exportJournal(_ request: WireExportJournalRequest) throws -> WireExportJournalReply {
        guard case .exportJournal(let reply) = try ask(.exportJournal(request)) else { throw Self.anotherReply }
        return reply
    }

    func eraseJournal(of writer: String) throws -> WireEraseJournalReply {
        guard case .eraseJournal(let reply) = try ask(.eraseJournal(.with { $0.writer = writer })) else {
            throw Self.anotherReply
        }
        return reply
    }

    static let anotherReply = ControlFailure(.internal, "another reply")

    /// Reads and corrects lines of a writer until a generation is promoted.
    func teach(_ writer: String = "anna", stream: String = "desk", from first: UInt64 = 1) throws -> Bool {
        let before = promotions(of: writer).count
        for (place, text) in ["the old lamp", "in her book", "full of boats", "had no name"].enumerated() {
            try finish(first + UInt64(place), of: stream, writer: writer, text: text)
            try correct(first + UInt64(place), of: stream, text)
        }
        return published.wait { _ in self.promotions(of: writer).count > before }
    }

    func promotions(of writer: String) -> [WireTrial] {
        published.events.compactMap { event in
            if case .promotion(let trial) = event, trial.writer == writer { trial } else { nil }
        }
    }
}

extension WireControlReply.OneOf_Body {
    func listed() throws -> WireListModelsReply {
        guard case .listModels(let reply) = self else { throw LearningScene.anotherReply }
        return reply
    }

    func shown() throws -> WireShowModelReply {
        guard case .showModel(let reply) = self else { throw LearningScene.anotherReply }
        return reply
    }
}

extension ServiceHealth {
    /// Waits until the health is as wanted, which another thread sees to; false if it takes too long.
    func waits(_ isWanted: (State) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while !isWanted(state) {
            guard ContinuousClock.now < deadline else { return false }
            sched_yield()
        }
        return true
    }
}

/// What a request fails with.
func failure(_ body: () throws -> Void) -> WireFailure.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ControlFailure)?.code
    }
}
