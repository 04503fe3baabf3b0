import DuctusStreaming

/// An action that a composer asks for: in the field, with the ink, or at the daemon.
package enum ComposingAction: Equatable, Sendable {
    /// Text that is still being read, at the cursor; its code points from `plain` on may still change.
    case showPreedit(String, plain: Int)
    case hidePreedit
    case commit(String)
    /// Code points before the cursor.
    case deleteBefore(Int)
    /// A key as if it had been typed.
    case press(Key)
    /// Pressed keys take effect later than input-method calls. The actions that follow wait until this number of keys
    /// has arrived.
    case settle(keys: Int)
    case showChoices([String])
    case hideChoices
    case correct(Correction)
    /// Ends the segment that is being written.
    case endSegment
    /// Sends the text before the ink that begins now.
    case greet(precedingText: String)

    /// Sends a correction of a segment.
    package struct Correction: Equatable, Sendable {
        package var stream: StreamName
        package var segment: UInt64
        package var text: String

        package init(stream: StreamName, segment: UInt64, text: String) {
            (self.stream, self.segment, self.text) = (stream, segment, text)
        }
    }
}
