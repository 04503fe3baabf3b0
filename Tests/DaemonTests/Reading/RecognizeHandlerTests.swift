import DuctusDaemon
import DuctusStreaming
import DuctusTransport
import DuctusWire
import StreamingTestSupport
import Testing

@Suite struct RecognizeHandlerTests {
    private func read(_ pen: ScribblingPen) async throws -> WireRecognizeReply {
        let models = try TinyModel.store()
        let pipeline = Pipeline(name: "ink", input: .ink, models: models)
        let handler = RecognizeHandler(
            pipelines: PipelineSet(entries: [.init(settings: PipelineSettings(), pipeline: pipeline, models: models)]),
            threads: 1)
        defer { handler.stop() }
        let asked = WireRecognizeRequest.with {
            $0.layout = .page
            $0.strokes = pen.strokes.map { stroke in
                .with {
                    $0.x = stroke.samples.map(\.x)
                    $0.y = stroke.samples.map(\.y)
                }
            }
        }
        let reply = await withCheckedContinuation { continuation in
            let isTaken = handler.handle(WireControlRequest(id: 1, .recognize(asked)), from: .localUser(1)) {
                continuation.resume(returning: $0)
            }
            #expect(isTaken)
        }
        guard case .recognize(let reading) = try reply.answer() else {
            Issue.record("another answer")
            return WireRecognizeReply()
        }
        return reading
    }

    /// Each line of a page tells as much of its ink as a single one.
    @Test(arguments: [1, 3]) func everyLineHasItsSymbols_withTheirInk(lines: Int) async throws {
        var pen = ScribblingPen(seed: 5)
        for line in 0..<lines {
            if line > 0 { pen.nextLine() }
            _ = pen.letters(12)
        }
        let pieces = try await read(pen).pieces
        #expect(pieces.count == lines && pieces.allSatisfy { $0.kind == .text })
        for piece in pieces {
            #expect(!piece.symbols.isEmpty && piece.symbols.map(\.text).joined() == piece.text)
            let samples = piece.strokes.flatMap { pen.strokes[Int($0)].samples }
            for symbol in piece.symbols {
                #expect(symbol.firstSample <= symbol.endSample && Int(symbol.endSample) <= samples.count)
                #expect(Set(symbol.strokes).isSubset(of: piece.strokes))
                let own = samples[Int(symbol.firstSample)..<Int(symbol.endSample)]
                #expect(own.allSatisfy { $0.y >= symbol.box.y && $0.y <= symbol.box.y + symbol.box.height + 0.01 })
            }
        }
        #expect(Set(pieces.flatMap(\.strokes)).count == pen.strokes.count)
    }
}
