import ArgumentParser
import Dispatch
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Record what passes through the daemon as a fixture: ink, features, labels.")

    @Argument(help: "The fixture to write.")
    var file: String

    @Option(
        name: .customLong("topic"),
        help: "Topics that begin so, for example ink.desk. May be repeated. Default: ink. and features.")
    var topics: [String] = []

    @Option(help: "End after so many seconds. Default: at Ctrl-C.")
    var seconds: Double?

    @OptionGroup var connection: ConnectOptions

    func run() throws {
        let prefixes = topics.isEmpty ? [Topic.inkPrefix, Topic.featuresPrefix] : topics
        let context = try Context()
        let subscriber = try connection.subscriber(to: prefixes, context: context)
        let writer = try FixtureWriter(URL(filePath: file))
        let interruption = Interruption()
        let start = ContinuousClock.now
        var count = 0
        while !interruption.happened {
            let passed = ContinuousClock.now - start
            if let seconds, passed > .seconds(seconds) { break }
            guard let frames = try subscriber.receive(milliseconds: 100), frames.count == 2 else { continue }
            // Messages that greet a new subscriber are older than the recording.
            let time = Int64((ContinuousClock.now - start) / .microseconds(1))
            try writer.append(
                FixtureRecord(topic: String(decoding: frames[0], as: UTF8.self), time: time, payload: frames[1]))
            count += 1
            Terminal.status("\(count) messages, \(duration(passed / .seconds(1)))")
        }
        try writer.close()
        Terminal.endStatus()
        Terminal.error("\(count) messages in \(file)")
    }
}

/// Ctrl-C, noticed instead of ending the program.
final class Interruption {
    private let source: any DispatchSourceSignal
    private let came = DispatchSemaphore(value: 0)

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [came] in came.signal() }
        source.activate()
    }

    /// Whether it came; once it has, this stays true.
    var happened: Bool {
        guard came.wait(timeout: .now()) == .success else { return false }
        came.signal()
        return true
    }
}
