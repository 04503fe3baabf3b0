import ArgumentParser
import DuctusClient
import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import Synchronization

extension ClusterCommand {
    /// Simulated pens that check a cell: they write whatever happens to it, and report what came back.
    struct Pens: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let simulated pens write to a cell, and check what comes back.",
            discussion: """
                Every line that a pen writes must get a final, with the text that the model reads undisturbed; the events of a stream must have \
                growing epochs and numbers; nobody may be read with another's weights; and who has own weights is read with them by the second \
                line after a move. The history has a JSON object for each event.
                """, shouldDisplay: false)

        @OptionGroup var connection: ConnectOptions
        @OptionGroup var options: ModelOptions

        @Option(help: "How many pens.")
        var pens = 90

        @Option(help: "How many of them correct what was read.")
        var writers = 30

        @Option(help: "Seconds for which they write.")
        var seconds = 30.0

        @Option(help: "Seconds to wait for the last finals.")
        var patience = 30.0

        @Option(help: "The same seed gives the same lines.")
        var seed: UInt64 = 1

        @Option(help: "Where the history is written.")
        var history: String?

        struct Summary: Encodable {
            var lines, finals, resendings, acknowledged: Int
            var refused: [String: Int]
            var violations: [String]
            /// Finals whose text was compared; read with own weights after the stream's daemon had changed.
            var compared, own_after_move: Int
            var longest_final_seconds: Double
            /// The longest time for which no pen could write: as long as a pause that ends a line, and the finals say nothing of the cell.
            var stalled_seconds: Double
        }

        func run() throws {
            let recognizer = Recognizer(model: try options.load(), decoding: options.decoding)
            let run = try PenRun(self, recognizer: recognizer)
            let summary = try run.run()
            try printJSON(summary)
            guard summary.violations.isEmpty else { throw ExitCode(ExitStatus.failed) }
        }
    }
}

/// Pens in one thread, their corrections in another.
private final class PenRun {
    private struct Line {
        var strokes: ClosedRange<UInt32>
        var expected: String
        var written: String
        var ended: ContinuousClock.Instant
        var ink: [Stroke]
        var isRead = false
        /// It was read as several lines, as the layout of its words may say; then they are compared at the end.
        var isInParts = false
    }

    private final class SimulatedWriter {
        let name: String
        /// Whether it corrects what was read.
        let corrects: Bool
        let pen: CellPen
        let hand: SimulatedPen
        var random: SplitMix64
        var packets: ArraySlice<(due: Double, packet: InkPacket, stroke: UInt32?)> = []
        var lines: [Line] = []
        /// Finals that are no whole line.
        var parts: [LabelEvent] = []
        var open: (strokes: [Stroke], first: UInt32, text: String)?
        var sequence: UInt64 = 1
        var strokes: UInt32 = 0
        var line = 0
        var next: Double
        var latest: (epoch: UInt64, number: UInt64)?
        /// Whether it has been read with weights of its own.
        var hasOwnWeights = false
        /// Finals since the stream's epoch changed; nil: it has not.
        var finalsSinceMove: Int?

        /// The number of the packet that is sent next.
        var nextToSend: UInt64 { packets.first?.packet.sequence ?? sequence }

        init(name: String, corrects: Bool, pen: CellPen, hand: SimulatedPen, random: SplitMix64, next: Double) {
            (self.name, self.corrects, self.pen, self.hand) = (name, corrects, pen, hand)
            (self.random, self.next) = (random, next)
        }

        /// Whether the event has the text that everyone's model reads: who corrects is read with own words from the first correction on,
        /// before there are weights of their own.
        func isUndisturbed(_ event: LabelEvent) -> Bool { !corrects && event.generation.number == 0 }
    }

    private let settings: ClusterCommand.Pens
    private let recognizer: Recognizer
    private let labels: LabelFeed
    private let corrections: CorrectionThread
    private let history: HistoryFile?
    private let epoch: UInt64
    private var pens: [SimulatedWriter] = []
    private var byName: [String: SimulatedWriter] = [:]
    private var violations: [String] = []
    private var finals = 0
    private var compared = 0
    private var ownAfterMove = 0
    private var longest = 0.0
    private var stalled = 0.0

    init(_ settings: ClusterCommand.Pens, recognizer: Recognizer) throws {
        self.settings = settings
        self.recognizer = recognizer
        let context = try Context()
        let prefix = "run\(settings.seed)-"
        let history = try settings.history.map { try HistoryFile($0) }
        self.history = history
        corrections = CorrectionThread(try settings.connection.controls(context: context)) { record in
            history?.write(record)
        }
        labels = LabelFeed(
            try settings.connection.subscriber(to: [Topic.labelsPrefix + prefix], context: context))
        let epoch = UInt64(Date().timeIntervalSince1970 * 1e6)
        self.epoch = epoch
        let random = SplitMix64(seed: settings.seed)
        for number in 0..<settings.pens {
            let name = prefix + String(number)
            guard let stream = StreamName(name) else { continue }
            var random = random.split(number)
            let writer = "writer-\(number % max(1, settings.pens))"
            let hello = StreamHello(writer: writer, device: "ductus cluster pens")
            let pen = try settings.connection.pen(.ink(stream), on: .ink, writer: writer, context: context) { number in
                try InkPacket(epoch: epoch, sequence: number, content: .hello(hello)).wire()
            }
            let hand = SimulatedPen(writer: DuctusInk.Writer(seed: random.next()))
            let made = SimulatedWriter(
                name: name, corrects: number < settings.writers, pen: pen, hand: hand, random: random,
                next: Double(random.uniform()) * 3)
            pens.append(made)
            byName[name] = made
        }
    }

    func run() throws -> ClusterCommand.Pens.Summary {
        for pen in pens { try pen.pen.begin(0, milliseconds: 20_000) }
        let start = ContinuousClock.now
        var nextGreeting = start
        var isDone = false
        var before = 0.0
        while !isDone {
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            stalled = max(stalled, elapsed - before)
            before = elapsed
            if ContinuousClock.now >= nextGreeting {
                nextGreeting = ContinuousClock.now + .milliseconds(50)
                for pen in pens { try pen.pen.greet(before: pen.nextToSend) }
            }
            for pen in pens { try advance(pen, elapsed) }
            while let event = try labels.next(milliseconds: 0) { record(event) }
            let isWriting = pens.contains { !$0.packets.isEmpty || $0.next < settings.seconds }
            let isWaiting = pens.contains { $0.lines.contains { !$0.isRead } }
            isDone = !isWriting && (!isWaiting || elapsed > settings.seconds + settings.patience)
            if let event = try labels.next(milliseconds: 4) { record(event) }
        }
        let outcome = corrections.finish()
        for pen in pens {
            try compareParts(of: pen)
            for line in pen.lines where !line.isRead {
                violate("\(pen.name): no final of the strokes \(line.strokes), '\(line.written)'")
            }
        }
        return .init(
            lines: pens.reduce(0) { $0 + $1.lines.count }, finals: finals,
            resendings: pens.reduce(0) { $0 + $1.pen.resendings }, acknowledged: outcome.acknowledged,
            refused: outcome.refused, violations: violations, compared: compared, own_after_move: ownAfterMove,
            longest_final_seconds: longest, stalled_seconds: stalled)
    }

    private func advance(_ pen: SimulatedWriter, _ elapsed: Double) throws {
        if pen.packets.isEmpty, pen.open == nil, pen.next < settings.seconds, elapsed >= pen.next {
            try beginLine(pen, at: elapsed)
        }
        while let (due, packet, stroke) = pen.packets.first, due <= elapsed {
            pen.packets.removeFirst()
            try pen.pen.send(
                packet.wire(), sequence: packet.sequence, stroke: stroke, endsSegment: packet.content == .endOfSegment)
            if pen.packets.isEmpty { try endLine(pen, at: elapsed) }
        }
    }

    private func beginLine(_ pen: SimulatedWriter, at elapsed: Double) throws {
        let text = PenText.line(&pen.random)
        let begin = Int64(elapsed * 1e6)
        let strokes = try pen.hand.strokes(of: text, seed: UInt64(pen.line), start: begin)
        pen.line += 1
        pen.open = (strokes, pen.strokes, text)
        var packets: [(due: Double, packet: InkPacket, stroke: UInt32?)] = []
        func add(_ content: InkPacket.Content, _ time: Double, _ stroke: UInt32?) {
            packets.append((time, InkPacket(epoch: epoch, sequence: pen.sequence, content: content), stroke))
            pen.sequence += 1
        }
        var end = elapsed
        for stroke in strokes {
            for first in stride(from: 0, to: stroke.samples.count, by: 4) {
                let samples = stroke.samples[first..<min(first + 4, stroke.samples.count)]
                var reports = samples.map { PenSample($0) }
                if samples.endIndex == stroke.samples.count, let lifted = samples.last {
                    reports.append(PenSample(lifted, contact: false))
                }
                end = Double(samples.last?.time ?? begin) / 1e6
                add(.samples(reports, firstStroke: pen.strokes), end, pen.strokes)
            }
            pen.strokes += 1
        }
        add(.endOfSegment, end + 0.2, nil)
        pen.packets = packets[...]
    }

    private func endLine(_ pen: SimulatedWriter, at elapsed: Double) throws {
        guard let open = pen.open else { return }
        pen.open = nil
        pen.next = elapsed + 0.5 + Double(pen.random.uniform())
        let expected = try recognizer.recognize(open.strokes).text
        let range = open.first...open.first + UInt32(open.strokes.count) - 1
        pen.lines.append(Line(strokes: range, expected: expected, written: open.text, ended: .now, ink: open.strokes))
        history?.write([
            "kind": "line", "pen": pen.name, "strokes": "\(range)", "text": open.text, "expected": expected,
        ])
    }

    private func record(_ event: LabelEvent) {
        guard let pen = byName[event.stream.text] else { return }
        if let latest = pen.latest, (event.epoch, event.number) <= latest {
            violate("\(pen.name): event \(event.epoch)/\(event.number) after \(latest)")
        }
        if let latest = pen.latest, latest.epoch != event.epoch { pen.finalsSinceMove = 0 }
        pen.latest = (event.epoch, event.number)
        let writer = "writer-" + pen.name.drop { $0 != "-" }.dropFirst()
        if let owner = event.generation.writer, owner != writer {
            violate("\(pen.name): read with the weights of \(owner)")
        }
        guard event.state == .final else { return }
        finals += 1
        checkWeights(event, of: pen)
        pen.pen.record(event)
        history?.write([
            "kind": "final", "pen": pen.name, "epoch": "\(event.epoch)", "number": "\(event.number)",
            "segment": "\(event.segment)", "text": event.text, "ending": event.ending?.rawValue ?? "",
            "generation": "\(event.generation.writer ?? "shared")/\(event.generation.number)",
            "strokes": event.strokes.isEmpty ? "" : "\(event.strokes[0])...\(event.strokes[event.strokes.count - 1])",
        ])
        guard let first = event.strokes.first, let last = event.strokes.last else { return }
        guard let index = pen.lines.firstIndex(where: { $0.strokes == first...last }) else {
            pen.parts.append(event)
            if let line = pen.lines.firstIndex(where: { $0.strokes.upperBound == last }) {
                (pen.lines[line].isRead, pen.lines[line].isInParts) = (true, true)
            }
            return
        }
        let line = pen.lines[index]
        if pen.isUndisturbed(event) {
            compared += 1
            if event.text != line.expected {
                violate("\(pen.name): '\(event.text)' in place of '\(line.expected)'")
            }
        }
        guard !line.isRead else { return }
        pen.lines[index].isRead = true
        longest = max(longest, (ContinuousClock.now - line.ended) / .seconds(1))
        guard pen.corrects else { return }
        corrections.ask(pen: pen.name, segment: event.segment, text: line.written)
    }

    /// A line may be read in parts only where its layout or the pen's own times say so, which do not depend on the cell: each but the last
    /// ends with a new line or a pause, and each has the text that its strokes have undisturbed.
    private func compareParts(of pen: SimulatedWriter) throws {
        for line in pen.lines where line.isInParts {
            let own = pen.parts.filter { line.strokes.contains($0.strokes[0]) }.sorted { $0.strokes[0] < $1.strokes[0] }
            pen.parts.removeAll { line.strokes.contains($0.strokes[0]) }
            let isWhole =
                own.flatMap(\.strokes) == Array(line.strokes)
                && own.dropLast().allSatisfy { $0.ending == .newLine || $0.ending == .pause }
            if !isWhole { violate("\(pen.name): the line \(line.strokes) was read as \(own.map(\.strokes))") }
            for part in own where isWhole && pen.isUndisturbed(part) {
                let (first, count) = (Int(part.strokes[0] - line.strokes.lowerBound), part.strokes.count)
                let expected = try recognizer.recognize(Array(line.ink[first..<first + count])).text
                compared += 1
                if part.text != expected { violate("\(pen.name): '\(part.text)' in place of '\(expected)'") }
            }
        }
        for part in pen.parts {
            violate("\(pen.name): a final of the strokes \(part.strokes), which are no line: '\(part.text)'")
        }
    }

    /// Learned weights follow the writer. After a daemon takes a stream over, it reads the second line with the
    /// writer's own weights.
    private func checkWeights(_ event: LabelEvent, of pen: SimulatedWriter) {
        let isOwn = event.generation.writer != nil
        if let count = pen.finalsSinceMove {
            pen.finalsSinceMove = count + 1
            if pen.hasOwnWeights, isOwn { ownAfterMove += 1 }
            if pen.hasOwnWeights, !isOwn, count > 0 {
                violate("\(pen.name): line \(count + 1) after a move is read without the writer's own weights")
            }
        }
        if isOwn { pen.hasOwnWeights = true }
    }

    private func violate(_ what: String) {
        if violations.count < 100 { violations.append(what) }
        history?.write(["kind": "violation", "what": what])
    }
}

/// Sends corrections one after another, while the pens write on.
private final class CorrectionThread: Sendable {
    private struct State: Sendable {
        var waiting: [WireCorrectRequest] = []
        var isFinishing = false
        var acknowledged = 0
        var refused: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ clients: [ControlClient], record: @escaping @Sendable ([String: String]) -> Void) {
        // They belong to the thread from here on.
        nonisolated(unsafe) let clients = clients
        let thread = Thread { [self] in
            while true {
                let (next, isFinishing) = state.withLock { state in
                    (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isFinishing)
                }
                guard let next else {
                    if isFinishing { break }
                    wake.wait()
                    continue
                }
                var entry = ["kind": "correction", "pen": next.stream, "segment": "\(next.segment)", "text": next.text]
                do {
                    entry["number"] = "\(try CorrectCommand.ask(clients, next).correction)"
                    state.withLock { $0.acknowledged += 1 }
                } catch {
                    let reason = (error as? ControlFailure).map { "\($0.code)" } ?? "\(type(of: error))"
                    entry["refused"] = reason
                    state.withLock { $0.refused[reason, default: 0] += 1 }
                }
                record(entry)
            }
            ended.signal()
        }
        thread.start()
    }

    func ask(pen: String, segment: UInt64, text: String) {
        state.withLock { state in
            state.waiting.append(
                .with {
                    $0.stream = pen
                    $0.segment = segment
                    $0.text = text
                })
        }
        wake.signal()
    }

    func finish() -> (acknowledged: Int, refused: [String: Int]) {
        state.withLock { $0.isFinishing = true }
        wake.signal()
        ended.wait()
        return state.withLock { ($0.acknowledged, $0.refused) }
    }
}
