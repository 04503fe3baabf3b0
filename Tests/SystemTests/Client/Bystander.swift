import DuctusRecognition
import DuctusStreaming
import DuctusWire
import StreamingTestSupport
import Testing

/// A pen that writes a part of its line before, while and after something happens; then its final must be right.
struct Bystander {
    let listener: Listener
    let player: Player
    private var pen = ScribblingPen(seed: 99)
    private var sequence: UInt64 = 0

    init(_ daemon: DaemonUnderTest) throws {
        listener = try Listener(daemon, to: "labels.bystander")
        player = try Player(daemon)
        try write(5)
    }

    mutating func write(_ letters: Int) throws {
        for samples in pen.letters(letters) { try send(.samples(samples, firstStroke: nil)) }
    }

    mutating func check() throws {
        try write(5)
        try send(.endOfSegment)
        #expect(try listener.listen { !$0.finals.isEmpty })
        let expected = try Recognizer(model: TinyModel.make()).recognize(pen.strokes).text
        #expect(listener.finals.map(\.text) == [expected])
    }

    private mutating func send(_ content: InkPacket.Content) throws {
        let packet = InkPacket(epoch: 1, sequence: sequence, content: content)
        try player.send(topic: "ink.bystander", payload: packet.wire())
        sequence += 1
    }
}

extension ScribblingPen {
    static var oneLetter: [PenSample] {
        var pen = ScribblingPen(seed: 1)
        return pen.letter()
    }
}
