/// The metadata of a generation.
public struct GenerationRecord: Sendable, Equatable, Codable {
    public var name: GenerationName
    /// The generation that it was compared with and replaced; nil for the base.
    public var parent: GenerationName?
    /// SHA-256 of the shipped weights it descends from, hexadecimal.
    public var baseHash: String
    /// Unix µs.
    public var created: Int64
    /// Numbers of the corrections it was trained on.
    public var corrections: [UInt64]
    /// The gate's figures; nil for the base.
    public var figures: GateFigures?

    /// A record. `created` is in unix µs; parent and figures are nil for the base.
    public init(
        name: GenerationName, parent: GenerationName?, baseHash: String, created: Int64, corrections: [UInt64],
        figures: GateFigures?
    ) {
        self.name = name
        self.parent = parent
        self.baseHash = baseHash
        self.created = created
        self.corrections = corrections
        self.figures = figures
    }
}
