/// The name of an immutable set of weights: its scope (the shared one, or a writer) and its number within that scope.
///
/// Number 0 of the shared scope is the base; a writer's numbers begin with 1. Numbers are never used twice.
public struct GenerationName: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    /// The writer that it belongs to; nil for the shared one.
    public var writer: String?
    /// The count of the scope's generations; 0 is the base.
    public var number: UInt64

    /// A name; without a writer, of the weights of all. Number 0 is the base.
    public init(writer: String? = nil, number: UInt64) {
        self.writer = writer
        self.number = number
    }

    /// The weights as they were shipped.
    public static let base = GenerationName(number: 0)

    public var description: String { "\(writer ?? "shared")/\(number)" }

    public static func < (a: GenerationName, b: GenerationName) -> Bool {
        (a.writer ?? "", a.number) < (b.writer ?? "", b.number)
    }
}

/// Whom a generation is for.
public enum Scope: Hashable, Sendable, CustomStringConvertible {
    /// Everyone who has no generation of their own.
    case shared
    /// Streams whose hello names this writer.
    case writer(String)

    /// The weights of a writer; nil: those of all.
    public init(_ writer: String?) {
        self = writer.map(Scope.writer) ?? .shared
    }

    /// The writer's name; nil for the weights of all.
    public var writer: String? {
        switch self {
        case .shared: nil
        case .writer(let name): name
        }
    }

    public var description: String { writer ?? "shared" }
}
