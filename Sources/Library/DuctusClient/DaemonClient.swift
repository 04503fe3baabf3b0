import Ductus
import DuctusInk
import DuctusPages
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire

/// A connection to a daemon: asks it to read ink, sends it live pens, and corrects what it read.
///
///     let daemon = try DaemonClient()
///     print(try daemon.recognize(strokes).text)
///
/// Belongs to one thread, as do its pens; calls wait for the daemon, at most ``patience`` seconds. A daemon that restarts is found again.
public final class DaemonClient {
    /// Seconds to wait for an answer.
    public var patience: Double
    private let address: DaemonAddress
    private let context: Context
    private let control: ControlClient
    private var requests: UInt64 = 0

    /// Connects when it is first used.
    public init(_ address: DaemonAddress = .thisMachine, patience: Double = 5) throws {
        self.address = address
        self.patience = patience
        context = try Context()
        control = ControlClient(
            context: context, endpoint: try address.endpoint(.control), security: address.security)
    }

    /// Reads ink at once, with the weights of a writer.
    ///
    /// - Parameters:
    ///   - strokes: in the order of writing; device units, y down.
    ///   - layout: a line, or a page whose lines and drawings are found. The daemon takes `auto` for a page.
    ///   - writer: the person whose weights read it; nil: the shared weights.
    ///   - precedingText: the text before it on its line.
    /// - Throws: an error that says what the daemon refused and what to do, or that nobody answers.
    public func recognize(
        _ strokes: [Stroke], layout: LayoutChoice = .line, writer: String? = nil, precedingText: String = ""
    ) throws -> DaemonReading {
        let request = WireRecognizeRequest.with {
            $0.strokes = strokes.map(WireRecognizeStroke.init)
            $0.layout = layout == .line ? .line : .page
            $0.writer = writer ?? ""
            $0.precedingText = precedingText
        }
        return DaemonReading(try ask(.recognize(request)).recognize)
    }

    /// A live pen, whose labels come back while it writes.
    ///
    /// - Parameters:
    ///   - stream: its name: 1 to 64 of `A-Z a-z 0-9 _ -`. Other programs see its labels under this name.
    ///   - writer: the person whose weights read it; nil: the shared weights.
    ///   - precedingText: the text before the first line.
    public func makePen(
        stream: String, writer: String? = nil, precedingText: String? = nil, rotation: QuarterTurn = .none
    ) throws -> DaemonPen {
        guard let name = StreamName(stream) else { throw StreamFault.name(stream) }
        let hello = StreamHello(writer: writer, precedingText: precedingText, rotation: rotation)
        return try DaemonPen(name, hello: hello, at: address, context: context, patience: patience)
    }

    /// Tells the daemon what a line really says. When this returns, the correction is on the daemon's disk.
    ///
    /// - Parameter label: a final label of any stream of the daemon.
    public func correct(_ label: Label, to text: String) throws -> DaemonCorrection {
        let request = WireCorrectRequest.with {
            ($0.stream, $0.segment, $0.text) = (label.stream, label.line, text)
        }
        let reply = try ask(.correct(request)).correct
        return DaemonCorrection(
            number: reply.correction, writer: reply.writer.isEmpty ? nil : reply.writer,
            isQuarantined: reply.quarantined)
    }

    /// The state of the daemon.
    public func status() throws -> DaemonStatus {
        let reply = try ask(.status(.init())).status
        return DaemonStatus(
            release: reply.release, isReady: reply.ready, faults: reply.degraded, streams: Int(reply.streams),
            models: Dictionary(
                reply.pipelines.map { ($0.name, $0.model) }, uniquingKeysWith: { first, _ in first }))
    }

    private func ask(_ body: WireControlRequest.OneOf_Body) throws -> WireControlReply {
        requests += 1
        let reply = try WireControlReply(
            wire: control.request(
                WireControlRequest(id: requests, body).wire(), milliseconds: Int(patience * 1000)))
        _ = try reply.answer()
        return reply
    }
}

/// A daemon's reading of ink that was sent as a whole.
public struct DaemonReading: Sendable, Equatable {
    /// A line of text, or a drawing.
    public struct Piece: Sendable, Equatable {
        /// The best reading; empty for a drawing.
        public var text: String
        /// Whether the piece is a drawing, which has no text.
        public var isDrawing: Bool
        /// The probability that the reading is right, 0…1, calibrated.
        public var confidence: Float
        /// Indexes into the strokes that were sent.
        public var strokes: [Int]
        /// Other readings, best first.
        public var alternatives: [String]
    }

    /// The lines' texts, a line feed between two.
    public var text: String
    /// Lines and drawings, in reading order.
    public var pieces: [Piece]
    /// The model that read it.
    public var model: String

    init(_ reply: WireRecognizeReply) {
        text = reply.text
        model = reply.model
        pieces = reply.pieces.map {
            Piece(
                text: $0.text, isDrawing: $0.kind == .drawing, confidence: $0.confidence,
                strokes: $0.strokes.map(Int.init), alternatives: $0.alternatives.map(\.text))
        }
    }
}

/// A correction that a daemon keeps.
public struct DaemonCorrection: Sendable, Equatable {
    /// Counts all corrections of the daemon's journal.
    public var number: UInt64
    /// The writer of the line.
    public var writer: String?
    /// The correction contradicts a confident reading. Nothing is learned from it until better weights agree with it.
    public var isQuarantined: Bool
}

/// The status of a daemon.
public struct DaemonStatus: Sendable, Equatable {
    /// The daemon's version.
    public var release: String
    /// Whether it reads; false while it starts.
    public var isReady: Bool
    /// The services that do not work at present, with the reasons.
    public var faults: [String]
    /// Streams that it keeps.
    public var streams: Int
    /// The model of each pipeline.
    public var models: [String: String]
}
