import DuctusStreaming

/// What a composer wants done: in the field, with the ink, at the daemon.
package enum ComposingAction: Equatable, Sendable {
    /// Text that is still being read, at the cursor; its code points from `plain` on may still change.
    case showPreedit(String, plain: Int)
    case hidePreedit
    case commit(String)
    /// Code points before the cursor.
    case deleteBefore(Int)
    /// A key as if it had been typed.
    case press(Key)
    /// What was pressed takes effect later than what is told: what follows waits for as many keys.
    case settle(keys: Int)
    case showChoices([String])
    case hideChoices
    case correct(Correction)
    /// What has been written ends here.
    case endSegment
    /// What stands before the ink that begins now.
    case greet(precedingText: String)

    /// What a segment really says.
    package struct Correction: Equatable, Sendable {
        package var stream: StreamName
        package var segment: UInt64
        package var text: String

        package init(stream: StreamName, segment: UInt64, text: String) {
            (self.stream, self.segment, self.text) = (stream, segment, text)
        }
    }
}
