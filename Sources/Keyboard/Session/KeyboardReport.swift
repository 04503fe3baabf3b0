/// A report of the keyboard's work. It never holds written text.
package enum KeyboardReport: Equatable, Sendable, CustomStringConvertible {
    case active
    case restored(engine: String)
    case daemonThere
    case daemonAway
    case pen(String)
    /// The pen is gone, with the fault; nil: a recording is over.
    case penGone(String?)
    case writingMode(Bool)
    /// A program says nothing of passwords, and cannot be asked.
    case mute
    case remark(String)

    package var description: String {
        switch self {
        case .active: "the pen types"
        case .restored(let engine): "'\(engine)' types again"
        case .daemonThere: "the daemon reads"
        case .daemonAway: "the daemon is away"
        case .pen(let name): name.isEmpty ? "a pen was found" : "pen: \(name)"
        case .penGone(let reason): reason ?? "the recording is over"
        case .writingMode(let isOn): isOn ? "writing mode is on" : "writing mode is off"
        case .mute:
            "the program that has the focus does not say which of its fields are passwords, and cannot be asked by a key "
                + "(libxtst6, or an X server, is missing): press a key there, as Shift, before you write"
        case .remark(let text): text
        }
    }
}
