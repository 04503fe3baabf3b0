import DuctusStreaming
import Testing

import DuctusKeyboard

/// A composer with a field that has the focus, and the daemon there.
struct Writing {
    static let second: Int64 = 1_000_000_000

    var composer: Composer
    private var number: UInt64 = 0
    var now: Int64 = 0
    let stream: StreamName

    init(tells: Bool = true, content: FieldContent = FieldContent(), isCandid: Bool = true, believes: Bool = false)
        throws
    {
        stream = try #require(StreamName("keyboard"))
        composer = Composer(stream: stream, believesPrograms: believes)
        _ = composer.daemon(isThere: true, at: 0)
        _ = composer.focusIn(isCandid: isCandid)
        composer.capabilities(tellsSurroundingText: tells)
        _ = composer.become(content)
        if tells { field("") }
    }

    mutating func field(_ text: String, cursor: Int? = nil, anchor: Int? = nil) {
        now += Self.second
        _ = composer.surrounding(
            SurroundingText(text, cursor: cursor ?? text.unicodeScalars.count, anchor: anchor), at: now)
    }

    /// A report that comes right after something else.
    mutating func late(_ text: String) {
        now += Self.second / 50
        _ = composer.surrounding(SurroundingText(text, cursor: text.unicodeScalars.count), at: now)
    }

    func event(
        _ state: LabelEvent.State, _ text: String, segment: UInt64, strokes: [UInt32], committed: Int = 0,
        alternatives: [String] = [], on stream: StreamName? = nil
    ) -> LabelEvent {
        LabelEvent(
            stream: stream ?? self.stream, epoch: 1, number: segment, segment: segment, state: state, text: text,
            committed: committed, symbols: [], alternatives: alternatives.map { .init(text: $0, score: 0) },
            generation: .init(number: 0), strokes: strokes, sampleCount: 1,
            stamps: .init(arrived: 0, decided: 0, published: 0))
    }

    mutating func partial(_ text: String, committed: Int = 0, segment: UInt64 = 1, strokes: [UInt32] = [0])
        -> [ComposingAction]
    {
        composer.label(
            event(.partial, text, segment: segment, strokes: strokes, committed: committed), at: now)
    }

    mutating func final(
        _ text: String, segment: UInt64 = 1, strokes: [UInt32] = [0], alternatives: [String] = []
    ) -> [ComposingAction] {
        composer.label(
            event(.final, text, segment: segment, strokes: strokes, alternatives: alternatives), at: now)
    }
}
