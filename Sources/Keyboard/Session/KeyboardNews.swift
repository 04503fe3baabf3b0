import DuctusStreaming
import DuctusTablet

/// A message to the keyboard's own thread from the others.
enum KeyboardNews: Sendable {
    case label(LabelEvent)
    case daemon(isThere: Bool)
    case penFound(TabletDevice)
    case pen([PenAction])
    /// The tablet was unplugged, or the recording is over; why, where that is a fault.
    case penGone(String?)
    case remark(String)
    /// SIGUSR1: writing mode on or off, for shortcuts of the desktop.
    case toggle
    case guardianDied
    /// No program can be asked whether its field holds a secret.
    case cannotAsk
    case stop
}
