import DuctusInk
import DuctusPages
import DuctusRecognition
import DuctusStreaming
import DuctusTransport
import DuctusWire

/// Answers `recognize`: ink read at once, by the pool, with a pipeline's model; no stream, nothing kept.
package final class RecognizeHandler: ControlHandler {
    private let pipelines: PipelineSet
    private let pool: ReadingPool
    private static let mostAlternatives: UInt32 = 20
    /// The beam keeps so many in any case: candidates of words come from them.
    private static let readings = 12
    /// Bytes of memory per sample that waits: the request's, and the decoded one's.
    private static let bytesPerSample = 64

    /// - Parameter threads: that read at the same time.
    package init(pipelines: PipelineSet, threads: Int) {
        self.pipelines = pipelines
        pool = ReadingPool(threads: threads)
    }

    package func stop() { pool.stop() }

    package func handle(
        _ request: WireControlRequest, from peer: PeerIdentity, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool {
        guard case .recognize(let asked) = request.body else { return false }
        let id = request.id
        do throws(ControlFailure) {
            let pipeline = try pipeline(asked)
            let strokes = try asked.inkStrokes()
            guard asked.alternatives <= Self.mostAlternatives else {
                throw ControlFailure(
                    .invalidArgument, "at most \(Self.mostAlternatives) alternatives are given", remedy: "ask for fewer"
                )
            }
            let writer = try Self.writer(asked)
            let served = pipeline.models.current(for: writer)
            if !asked.language.isEmpty, !ModelLanguages.reads(asked.language, served.model) {
                let languages = ModelLanguages.all(of: served.model).joined(separator: ", ")
                throw ControlFailure(
                    .invalidArgument, "the language '\(asked.language.prefix(40))' is not read",
                    remedy: "ask for one of: \(languages)")
            }
            let bytes = strokes.reduce(4096) { $0 + $1.samples.count * Self.bytesPerSample }
            let isTaken = pool.post(for: peer.description, bytes: bytes) { readers in
                let answer = Result { () throws(ControlFailure) in
                    try Self.read(strokes, asked, pipeline, served, readers)
                }
                switch answer {
                case .success(let reading): reply(WireControlReply(id: id, .recognize(reading)))
                case .failure(let failure): reply(WireControlReply(id: id, failure: failure))
                }
            }
            guard isTaken else {
                throw ControlFailure(
                    .rateLimited, "too much waits to be read already", remedy: "ask again when answers have come")
            }
        } catch {
            reply(WireControlReply(id: id, failure: error))
        }
        return true
    }

    private func pipeline(_ asked: WireRecognizeRequest) throws(ControlFailure) -> Pipeline {
        let ink = pipelines.entries.filter { $0.pipeline.input.readsStrokes }
        if asked.pipeline.isEmpty {
            // The one with the shortest prefix reads the streams that no other does.
            let general = ink.min { $0.settings.streams.utf8.count < $1.settings.streams.utf8.count }
            guard let general else {
                throw ControlFailure(.unavailable, "no pipeline reads ink", remedy: "configure one")
            }
            return general.pipeline
        }
        guard let named = ink.first(where: { $0.pipeline.name == asked.pipeline }) else {
            throw ControlFailure(
                .invalidArgument, "no pipeline '\(asked.pipeline.prefix(64))' reads ink",
                remedy: "there are: \(ink.map(\.pipeline.name).joined(separator: ", "))")
        }
        return named.pipeline
    }

    private static func writer(_ asked: WireRecognizeRequest) throws(ControlFailure) -> String? {
        guard !asked.writer.isEmpty else { return nil }
        guard let name = StreamName(asked.writer) else {
            throw ControlFailure(
                .invalidArgument, "no writer has such a name", remedy: "a name has 1 to 64 of A-Z a-z 0-9 _ -")
        }
        return name.text
    }

    private static func read(
        _ strokes: [Stroke], _ asked: WireRecognizeRequest, _ pipeline: Pipeline, _ served: Served,
        _ readers: Readers
    ) throws(ControlFailure) -> WireRecognizeReply {
        let recognizer = readers.recognizer(for: served.model, decoding: pipeline.decoding)
        let alternatives = asked.alternatives == 0 ? pipeline.alternatives : Int(asked.alternatives)
        recognizer.alternatives = max(alternatives + 1, readings)
        var reply = WireRecognizeReply()
        reply.generation = served.generation.wire
        reply.model = served.model.name
        guard !strokes.allSatisfy(\.samples.isEmpty) else { return reply }
        do {
            if asked.layout == .page, !PageLayout(of: strokes).isOneLine(of: strokes.count) {
                try read(pageOf: strokes, with: recognizer, alternatives: alternatives, into: &reply)
            } else {
                let recognition = try recognizer.recognize(strokes, precedingText: asked.precedingText)
                let numbers = Array(strokes.indices)
                let piece = ReadPiece(
                    recognition, of: strokes, numbered: numbers, separator: recognizer.model.script.wordSeparator)
                reply.pieces = [.init(line: piece, of: recognition, numbers: numbers, alternatives: alternatives)]
            }
            reply.text = reply.pieces.filter { $0.kind == .text }.map(\.text).joined(separator: "\n")
            return reply
        } catch {
            throw ControlFailure(.internal, "the ink could not be read: \(error)")
        }
    }

    /// Lines and drawings as the page's geometry shows them.
    private static func read(
        pageOf strokes: [Stroke], with recognizer: Recognizer, alternatives: Int, into reply: inout WireRecognizeReply
    ) throws {
        let (page, lines) = try PageReader(recognizer: recognizer).readWithRecognitions(strokes)
        reply.pieces = zip(page.pieces, lines).map { piece, line in
            guard let line else { return .init(drawing: piece) }
            return .init(line: piece, of: line.recognition, numbers: line.strokes, alternatives: alternatives)
        }
        reply.unused = page.unused.map { unused in
            .with { ($0.stroke, $0.reason) = (UInt32(unused.stroke), unused.reason.rawValue) }
        }
    }
}
