/// A stroke that is an order, not ink.
package enum Gesture: String, CaseIterable, Sendable {
    /// A stroke from right to left deletes the last word.
    case strike
    /// A long way to the right and back: a space.
    case back
    /// Down, then to the left: Enter.
    case hook
    /// A stroke to and fro over ink deletes it.
    case scratch

    /// The change of the text where the gesture covers no ink of the open segment.
    package var edit: Edit {
        switch self {
        case .strike: .deleteWord
        case .back: .space
        case .hook: .enter
        case .scratch: .deleteCharacter
        }
    }
}
