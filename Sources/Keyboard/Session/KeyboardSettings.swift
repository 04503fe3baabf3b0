import DuctusInk
import DuctusStreaming

/// The settings of the keyboard.
package struct KeyboardSettings: Sendable {
    package var stream: StreamName
    package var writer: String?
    package var language: String?
    package var rotation = QuarterTurn.none
    /// Further streams that are typed: pens of other devices, the pad on a phone.
    package var otherStreams: [StreamName] = []
    package var pen = PenOrigin.any
    package var area = WritingArea.whole
    package var gestures = Set(Gesture.allCases)
    package var shortcut: Shortcut?
    /// Code of the tablet's button that switches writing mode.
    package var button: UInt16?
    package var holdsStill = true
    /// Whether writing mode is on from the start.
    package var writesAtOnce = false
    /// Whether ink is drawn on the screen while it is written, where that can be done.
    package var drawsInk = true
    /// IBus started this program.
    package var isLaunched = false
    package var version = ""

    package init(stream: StreamName) { self.stream = stream }
}
