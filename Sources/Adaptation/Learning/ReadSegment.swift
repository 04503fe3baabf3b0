import DuctusRecognition
import DuctusStreaming

/// A segment that was read, kept in memory for a later correction: its evidence, compressed, and its text.
public struct ReadSegment: Sendable {
    public let stream: StreamName
    /// The segment's number, unique within its stream.
    public let number: UInt64
    /// The writer that the stream names; nil where it names none.
    public let writer: String?
    /// The text of the final.
    public let text: String
    /// The generation of weights that read it.
    public let generation: GenerationName
    private let blob: [UInt8]

    package init(_ finished: FinishedSegment) {
        let event = finished.event
        (stream, number, writer, text) = (event.stream, event.segment, finished.writer, event.text)
        generation = GenerationName(event.generation)
        blob = (finished.evidence ?? .nothing).blob
    }

    /// The evidence of the segment.
    public var evidence: Evidence { Evidence(blob: blob) ?? .nothing }

    /// Memory that it takes, about.
    package var byteCount: Int { Self.overhead + blob.count + text.utf8.count }

    /// The size of a place in the memory, with its names, in bytes.
    private static let overhead = 320

    func correction(_ text: String, time: Int64) -> Correction {
        Correction(
            stream: stream.text, segment: number, writer: writer, evidence: evidence, text: text, recognized: self.text,
            generation: generation, time: time)
    }
}
