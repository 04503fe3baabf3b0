/// Bounds of what one message may hold; more is refused. They keep the cost of a hostile message in proportion to its bytes.
package enum WireLimits {
    package static let version: UInt32 = 1
    package static let samples = 65_536
    package static let strokes = 65_536
    package static let channels = 4_096
    package static let values = 1 << 20
    /// Symbols, alternatives, spans of one event, each.
    package static let labels = 65_536
    /// Bytes of names (device, language).
    package static let name = 256
    /// Bytes of texts (preceding text, corrections).
    package static let text = 65_536
    package static let rate: ClosedRange<Float> = 1e-6...1e6
}
