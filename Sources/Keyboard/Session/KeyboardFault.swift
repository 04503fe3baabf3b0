/// The faults that can keep the keyboard from working.
package enum KeyboardFault: Error, Equatable, CustomStringConvertible {
    case noIBus
    case ibusEnded
    /// Another process serves the engine already.
    case alreadyServed
    /// The daemon has no pipeline for ink.
    case noReader

    package var description: String {
        switch self {
        case .noIBus:
            "no ibus-daemon runs in this desktop session: install it ('sudo apt install ibus'), start it with 'ibus-daemon --daemonize --xim', and try again"
        case .ibusEnded: "the ibus-daemon has ended"
        case .noReader: "the daemon reads no ink: its configuration needs a pipeline with a model for ink"
        case .alreadyServed:
            "another 'ductus keyboard' serves this desktop already: end it first, or choose 'Handwriting (Ductus)' among the input methods"
        }
    }
}
