import DuctusRecognition
import Synchronization

/// Keeps what a lane said last of one stream: its newest partial, its final, and the spans that became final.
final class LastEvents: LabelSink {
    static let nothing = StreamedReading(partial: .nothing, committed: "", final: "")

    private struct State {
        var reading = nothing
        var spans: [LabelEvent.Span] = []
    }

    private let state = Mutex(State())

    var reading: StreamedReading { state.withLock { $0.reading } }
    /// All spans that became final, in order.
    var spans: [LabelEvent.Span] { state.withLock { $0.spans } }
    func forget() { state.withLock { $0 = State() } }

    func publish(_ event: LabelEvent) {
        state.withLock { $0.spans += event.spans.filter { $0.state == .final } }
        guard event.state == .partial else { return state.withLock { $0.reading.final = event.text } }
        let symbols = event.symbols.map {
            RecognizedSymbol(
                text: $0.text, confidence: $0.confidence, frames: 0..<0, samples: $0.samples, strokes: $0.strokes)
        }
        let partial = Recognition(
            text: event.text, symbols: symbols, alternatives: [.init(text: event.text, score: 0)], frames: 0)
        state.withLock {
            $0.reading.partial = partial
            $0.reading.committed = String(event.text.unicodeScalars.prefix(event.committed))
        }
    }
}
