/// A stroke that is an order, not ink.
package enum Gesture: String, CaseIterable, Sendable {
    /// From right to left: the last word goes.
    case strike
    /// A long way to the right and back: a space.
    case back
    /// Down, then to the left: Enter.
    case hook
    /// To and fro over ink: it goes.
    case scratch

    /// What it does to the text where it covers no ink of the open segment.
    package var edit: Edit {
        switch self {
        case .strike: .deleteWord
        case .back: .space
        case .hook: .enter
        case .scratch: .deleteCharacter
        }
    }
}
