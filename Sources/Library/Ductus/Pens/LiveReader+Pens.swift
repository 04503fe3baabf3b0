import DuctusInk
import DuctusRecognition
import DuctusStreaming

extension LiveReader {
    /// A new pen.
    ///
    /// - Parameters:
    ///   - name: the stream's name in labels, 1 to 64 of `A-Z a-z 0-9 _ -`; nil: a new name.
    ///   - writer: the person whose weights read it, where the models have some. Written like a name.
    ///   - precedingText: the text before the first line, from which the language model goes on.
    ///   - rotation: how the tablet is turned.
    /// - Throws: `ModelError.wrongInput` where the model reads sensors; ``StreamFault/name(_:)``.
    public func makePen(
        name: String? = nil, writer: String? = nil, precedingText: String? = nil, rotation: QuarterTurn = .none
    ) throws -> PenStream {
        let hello = StreamHello(writer: writer, precedingText: precedingText, rotation: rotation)
        return PenStream(try makeFeed(.ink, name, hello))
    }
}
