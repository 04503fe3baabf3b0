import DuctusInk
import DuctusRecognition
import DuctusStreaming

extension LiveReader {
    /// A new pen.
    ///
    /// - Parameters:
    ///   - name: what its labels call it: 1 to 64 of `A-Z a-z 0-9 _ -`; without one it is given a name.
    ///   - writer: whose weights read it, where the models have some; written like a name.
    ///   - precedingText: what stands before the first line; the language model goes on from it.
    ///   - rotation: how the tablet is turned.
    /// - Throws: `ModelError.wrongInput` where the model reads sensors; ``StreamFault/name(_:)``.
    public func makePen(
        name: String? = nil, writer: String? = nil, precedingText: String? = nil, rotation: QuarterTurn = .none
    ) throws -> PenStream {
        let hello = StreamHello(writer: writer, precedingText: precedingText, rotation: rotation)
        return PenStream(try makeFeed(.ink, name, hello))
    }
}
