import DuctusDaemon
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusWire
import Foundation
import StreamingTestSupport
import Synchronization
import Testing

/// A transport that no file of Sources knows: lines of text through a pair of pipes, as a serial line would carry them.
///
/// In comes `+PREFIX` for a subscription and `TOPIC BASE64` for a message; out goes `TOPIC BASE64`.
private final class LineTransport: MessageTransport {
    private let input = Pipe()
    private let output = Pipe()
    private let prefixes = Mutex<Set<[UInt8]>>([])
    private let handler = Mutex<(any MessageHandler)?>(nil)
    private let rest = Mutex<String>("")

    func start(_ handler: any MessageHandler) throws {
        self.handler.withLock { $0 = handler }
        input.fileHandleForReading.readabilityHandler = { [weak self] file in self?.receive(file.availableData) }
    }

    func stop() {
        input.fileHandleForReading.readabilityHandler = nil
        handler.withLock { $0 = nil }
        try? output.fileHandleForWriting.close()
    }

    func send(_ message: Publication, matters: Bool) -> Bool {
        guard prefixes.withLock({ $0.contains { message.topic.starts(with: $0) } }) else { return true }
        let line = String(decoding: message.topic, as: UTF8.self) + " " + Data(message.payload).base64EncodedString()
        return (try? output.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))) != nil
    }

    private func receive(_ data: Data) {
        let lines = rest.withLock { rest in
            rest += String(decoding: data, as: UTF8.self)
            let lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
            rest = String(lines.last ?? "")
            return lines.dropLast().map(String.init)
        }
        let handler = handler.withLock { $0 }
        for line in lines {
            if line.hasPrefix("+") {
                let prefix = Array(line.utf8.dropFirst())
                guard handler?.permitsSubscription(to: prefix, by: .unknown) == true else { continue }
                prefixes.withLock { _ = $0.insert(prefix) }
                handler?.subscription(to: prefix, isWanted: true)
            } else {
                let parts = line.split(separator: " ").map(String.init)
                let batch = MessageBatch()
                batch.append([Array(parts[0].utf8), [UInt8](Data(base64Encoded: parts[1]) ?? Data())], from: .unknown)
                handler?.receive(batch)
            }
        }
    }

    // The other end.

    func type(_ line: String) throws { try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8)) }

    /// The events that come until the first final.
    func untilFinal() throws -> [LabelEvent] {
        var bytes = Data()
        while true {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the transport ended")
            bytes += more
            let events = try bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map
            {
                let payload = try #require(Data(base64Encoded: $0.drop { $0 != UInt8(ascii: " ") }.dropFirst()))
                return try LabelEvent(wire: [UInt8](payload))
            }
            if events.last?.state == .final { return events }
        }
    }
}

/// A new transport is a type that conforms to `MessageTransport`, given to the server; nothing else changes.
@Suite struct OtherTransportTests {
    @Test func whatIsWrittenThroughIt_isRead() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.directories.runtime = folder.path
        configuration.directories.models = folder.path + "/models"
        configuration.lanes = 1
        (configuration.endpoints.ink, configuration.endpoints.features) = ([], [])
        (configuration.endpoints.labels, configuration.endpoints.control) = ([], [])
        let model = try TinyModel.make()
        try model.weightFile().write(to: URL(filePath: folder.path + "/models/english/" + Model.File.weights))
        let transport = LineTransport()
        let loaded = ConfigurationLoader.Loaded(
            configuration: configuration, locations: Locations(configuration.directories, environment: [:]))
        let server = try Server(loaded, transports: TransportSet(loaded, and: [transport]))
        try server.start()
        defer { server.stop() }

        var pen = ScribblingPen(seed: 4)
        let contents = pen.letters(5).map { InkPacket.Content.samples($0, firstStroke: nil) } + [.endOfSegment]
        try transport.type("+labels.desk")
        for (sequence, content) in contents.enumerated() {
            let packet = try InkPacket(epoch: 1, sequence: UInt64(sequence), content: content).wire()
            try transport.type("ink.desk \(Data(packet).base64EncodedString())")
        }
        let final = try #require(try transport.untilFinal().last)
        #expect(final.stream.text == "desk")
        #expect(final.text == (try Recognizer(model: model).recognize(pen.strokes).text))
    }
}
