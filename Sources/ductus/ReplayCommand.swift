import ArgumentParser
import DuctusClient
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send a recorded stream to the daemon and print what it reads, stream<TAB>text.")

    /// The speed at which a fixture is sent.
    enum Speed: String, ExpressibleByArgument, CaseIterable {
        case real = "1"
        case maximum = "max"
    }

    @Argument(help: "The fixture.")
    var fixture: String

    @Option(help: "1: as it was recorded; max: as fast as the daemon takes it.")
    var speed: Speed = .real

    @Option(help: "A file of `stream<TAB>text` lines; other finals than these end with status 1 and the difference.")
    var expect: String?

    @Option(help: "Seconds without an event after which nothing more is expected.")
    var patience = 5.0

    @Flag(help: "Show partials on standard error while the pen moves.")
    var partials = false

    @OptionGroup var connection: ConnectOptions

    func run() throws {
        let records = try FixtureReader.read(URL(filePath: fixture))
        let expected = try expect.map { try ExpectedFinals(contentsOf: URL(filePath: $0)) }
        let streams = Set(records.compactMap { record in (try? Topic(record.topic))?.stream })
        let context = try Context()
        let feed = LabelFeed(try connection.subscriber(to: streams.map { "labels.\($0)" }.sorted(), context: context))
        let publishing = try Publishing(records, connection: connection, context: context, patience: max(5, patience))

        let began = Int64(Date().timeIntervalSince1970 * 1e6)
        let start = ContinuousClock.now
        var finals = Finals()
        func show(milliseconds: Int) throws -> Bool {
            guard let event = try feed.next(milliseconds: milliseconds) else { return false }
            // The last event of an earlier life greets every new subscriber.
            guard streams.contains(event.stream), event.stamps.published >= began else { return true }
            if event.state == .final {
                finals.add(event)
                print("\(event.stream)\t\(event.text)")
                fflush(nil)
            } else if partials {
                Terminal.status("\(event.stream)  \(event.text)")
            }
            return true
        }

        for record in records {
            if speed == .real {
                let due = start + .microseconds(record.time)
                while ContinuousClock.now < due {
                    _ = try show(milliseconds: max(1, Int((due - ContinuousClock.now) / .milliseconds(1))))
                }
            }
            try publishing.send(record)
            while try show(milliseconds: 0) {}
        }
        var quietSince = ContinuousClock.now
        while ContinuousClock.now - quietSince < .seconds(patience) {
            if try show(milliseconds: 50) { quietSince = .now }
            // All are there; what is too much would come at once.
            if let expected, expected.count <= finals.count, ContinuousClock.now - quietSince > .milliseconds(300) {
                break
            }
        }
        guard let expected else { return }
        let difference = expected.difference(from: finals)
        guard difference.isEmpty else {
            Terminal.error(difference.joined(separator: "\n"))
            throw CommandFailure("\(fixture): the finals differ from \(expect ?? "") (- expected, + read)")
        }
    }
}

/// The sockets that a fixture's topics go to. Packets get an epoch of their own, so that a fixture can be replayed again and again.
private final class Publishing {
    private var publishers: [DaemonSocket: Publisher] = [:]
    private let epoch = UInt64(Date().timeIntervalSince1970 * 1e6)

    /// - Parameter patience: seconds to wait for the daemon's subscription.
    init(_ records: [FixtureRecord], connection: ConnectOptions, context: Context, patience: Double) throws {
        var waited: Set<String> = []
        for record in records where waited.insert(record.topic).inserted {
            guard let socket = Self.socket(for: record.topic) else { continue }
            let publisher = try publishers[socket] ?? connection.publisher(socket, context: context)
            publishers[socket] = publisher
            try publisher.waitForSubscription(to: Array(record.topic.utf8), milliseconds: Int(patience * 1000))
        }
    }

    func send(_ record: FixtureRecord) throws {
        guard let socket = Self.socket(for: record.topic), let publisher = publishers[socket] else { return }
        try publisher.send(topic: Array(record.topic.utf8), payload: renewed(record))
    }

    /// The packet with this replay's epoch; what is no packet goes as it is, as hostile fixtures want it.
    private func renewed(_ record: FixtureRecord) -> [UInt8] {
        guard let topic = try? Topic(record.topic), let codec = InputCodec.of(topic)?.codec else {
            return record.payload
        }
        return codec.moved(record.payload, epoch) ?? record.payload
    }

    /// Topics that name no stream go where those that do would go.
    private static func socket(for topic: String) -> DaemonSocket? {
        InputCodec.all.first { topic.hasPrefix($0.prefix) }.flatMap { DaemonSocket(rawValue: $0.input.rawValue) }
    }
}

/// Finals by stream, in the order in which they came.
struct Finals {
    private(set) var texts: [String: [String]] = [:]

    var count: Int { texts.values.reduce(0) { $0 + $1.count } }

    mutating func add(_ event: LabelEvent) { texts[event.stream.text, default: []].append(event.text) }
    mutating func add(_ text: String, of stream: String) { texts[stream, default: []].append(text) }
}

/// The finals that a fixture must give: `stream<TAB>text` lines, in order within each stream.
struct ExpectedFinals {
    private let finals: Finals

    init(contentsOf url: URL) throws {
        var finals = Finals()
        for (number, line) in try String(contentsOf: url, encoding: .utf8).split(separator: "\n").enumerated() {
            guard let tab = line.firstIndex(of: "\t") else {
                throw ValidationError("\(url.path):\(number + 1): expected stream<TAB>text")
            }
            finals.add(String(line[line.index(after: tab)...]), of: String(line[..<tab]))
        }
        self.finals = finals
    }

    var count: Int { finals.count }

    /// Lines as `diff` writes them; empty if the finals are those expected.
    func difference(from read: Finals) -> [String] {
        var lines: [String] = []
        for stream in Set(finals.texts.keys).union(read.texts.keys).sorted() {
            let expected = finals.texts[stream] ?? [], read = read.texts[stream] ?? []
            for index in 0..<max(expected.count, read.count) {
                let before = index < expected.count ? expected[index] : nil,
                    after = index < read.count ? read[index] : nil
                guard before != after else { continue }
                if let before { lines.append("- \(stream)\t\(before)") }
                if let after { lines.append("+ \(stream)\t\(after)") }
            }
        }
        return lines
    }
}
