import DuctusRecognition
import DuctusStreaming

/// A segment that was read, as it is remembered for a correction: what it was read from, packed, and what was read.
public struct ReadSegment: Sendable {
    public let stream: StreamName
    public let number: UInt64
    public let writer: String?
    public let text: String
    public let generation: GenerationName
    private let blob: [UInt8]

    package init(_ finished: FinishedSegment) {
        let event = finished.event
        (stream, number, writer, text) = (event.stream, event.segment, finished.writer, event.text)
        generation = GenerationName(event.generation)
        blob = (finished.evidence ?? .nothing).blob
    }

    /// What it was read from.
    public var evidence: Evidence { Evidence(blob: blob) ?? .nothing }

    /// Memory that it takes, about.
    package var byteCount: Int { Self.overhead + blob.count + text.utf8.count }

    /// Of a place in the memory, with the names in it.
    private static let overhead = 320

    func correction(_ text: String, time: Int64) -> Correction {
        Correction(
            stream: stream.text, segment: number, writer: writer, evidence: evidence, text: text, recognized: self.text,
            generation: generation, time: time)
    }
}
