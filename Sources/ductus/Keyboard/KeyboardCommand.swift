import ArgumentParser
import DuctusDaemon
import DuctusInk
import DuctusKeyboard
import DuctusStreaming
import Foundation

/// The pen as a keyboard: what is written appears in the field that has the focus.
struct KeyboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyboard",
        abstract: "Write with the pen into whatever field has the focus, through IBus.",
        discussion: """
            Needs an ibus-daemon in the desktop session, and the daemon ductusd. While it runs it is the chosen input method; when it ends, dies or \
            the daemon is away, the former one types again. Or choose 'Handwriting (Ductus)' among the input methods: IBus starts it then.

            Writing mode, in which the tablet writes and moves no pointer, is switched by a pen that is put down and held still for a second, by \
            --shortcut, by --button, or by the signal USR1. Gestures: a stroke from right to left deletes the last word (strike), a long one to the right and \
            back is a space (back), down and to the left is Enter (hook), to and fro over ink deletes it (scratch).
            """)

    @Flag(
        help:
            "Type a sample into a field of its own, and say what works on this desktop and what to do where it does not."
    )
    var selfTest = false

    @Flag(help: "With --self-test: print one JSON object.")
    var json = false

    @Option(
        help:
            "The pen: /dev/input/eventN, a recording (evemu-record, libinput record), or none. Default: the first found."
    )
    var pen: String?

    @Option(help: "How fast a recording is played: 1 as it was written, 0 as fast as can be.")
    var speed = 1.0

    @Option(help: "Name of the stream of ink.")
    var stream = "keyboard"

    @Option(help: "Whose hand it is. Default: this user's name.")
    var writer: String?

    @Option(help: "The language, as en.")
    var language: String?

    @Option(help: "Another stream whose text is typed, as the pad's on a phone; may be repeated.")
    var type: [String] = []

    @Option(help: "The part of the tablet that is written on: LEFT,TOP,WIDTH,HEIGHT in per cent.")
    var area: String?

    @Option(help: "By how many degrees the tablet is turned clockwise: 90, 180 or 270; 180 for left-handed use.")
    var rotate = 0

    @Option(
        help:
            "A gesture to switch off (\(Gesture.allCases.map(\.rawValue).joined(separator: ", "))), or all; may be repeated."
    )
    var without: [String] = []

    @Option(help: "Keys that switch writing mode while a field has the focus, or none.")
    var shortcut = "Control+Alt+w"

    @Option(
        help: "Button that switches writing mode: pen, pen2 or pen3 on the pen's side, 0 to 9 on the tablet, or none.")
    var button = "none"

    @Flag(inversion: .prefixedNo, help: "Whether a pen held still switches writing mode.")
    var hold = true

    @Flag(inversion: .prefixedNo, help: "Whether ink is drawn on the screen while it is written; on X11 alone.")
    var overlay = true

    @Flag(help: "Be in writing mode from the start.")
    var write = false

    @Flag(help: .hidden)
    var ibus = false

    @Flag(help: .hidden)
    var guardian = false

    @OptionGroup var connection: ConnectOptions

    private static let buttons: [String: UInt16] = ["pen": 0x14b, "pen2": 0x14c, "pen3": 0x149]

    func validate() throws {
        for name in [stream] + type where StreamName(name) == nil {
            throw ValidationError("'\(name)': a stream's name has 1 to 64 of A-Z a-z 0-9 _ -")
        }
        guard writer.map({ StreamName($0) != nil }) ?? true else {
            throw ValidationError("--writer: 1 to 64 of A-Z a-z 0-9 _ -")
        }
        guard speed >= 0, speed.isFinite else { throw ValidationError("--speed must be 0 or above") }
        guard QuarterTurn(degrees: rotate) != nil else { throw ValidationError("--rotate is 0, 90, 180 or 270") }
        guard area.map({ WritingArea($0) != nil }) ?? true else {
            throw ValidationError(
                "--area: LEFT,TOP,WIDTH,HEIGHT in per cent within the tablet, for example 0,50,100,50")
        }
        for name in without where name != "all" && Gesture(rawValue: name) == nil {
            throw ValidationError(
                "--without \(name): gestures are \(Gesture.allCases.map(\.rawValue).joined(separator: ", ")), or all")
        }
        guard shortcut == "none" || Shortcut(shortcut) != nil else {
            throw ValidationError("--shortcut \(shortcut): as Control+Alt+w, Super+F9, F12, or none")
        }
        guard button == "none" || buttonCode != nil else {
            throw ValidationError("--button \(button): pen, pen2, pen3, 0 to 9, or none")
        }
        guard !json || selfTest else { throw ValidationError("--json belongs to --self-test") }
    }

    private var buttonCode: UInt16? {
        if let code = Self.buttons[button] { return code }
        return UInt16(button).flatMap { $0 <= 9 ? 0x100 + $0 : nil }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        if guardian { return try Guardian.run(environment: environment) }
        if selfTest {
            let test = SelfTest(daemon: try address(), environment: environment, version: Release.version)
            return try KeyboardSelfTestReport.show(test.run(), json: json)
        }
        let session = try KeyboardSession(
            settings(), daemon: address(), environment: environment,
            guardian: ("/proc/self/exe", ["keyboard", "--guardian"])
        ) { Terminal.error("\($0)") }
        // A guardian that died must not take this process along.
        signal(SIGPIPE, SIG_IGN)
        let signals = SignalActions()
        signals.on([SIGTERM, SIGINT, SIGHUP], session.stopper)
        signals.on([SIGUSR1], session.toggler)
        do {
            try session.run()
        } catch KeyboardFault.ibusEnded where ibus {
            return
        }
        withExtendedLifetime(signals) {}
    }

    private func address() throws -> DaemonAddress {
        DaemonAddress(
            ink: try connection.endpoint(.ink), labels: try connection.endpoint(.labels),
            control: try connection.endpoint(.control), security: try connection.security())
    }

    private func settings() throws -> KeyboardSettings {
        guard let name = StreamName(stream) else { throw ValidationError("--stream \(stream)") }
        var settings = KeyboardSettings(stream: name)
        settings.writer = writer ?? Self.userName
        settings.language = language
        settings.rotation = QuarterTurn(degrees: rotate) ?? .none
        settings.otherStreams = type.compactMap { StreamName($0) }
        settings.pen = try origin()
        settings.area = area.flatMap { WritingArea($0) } ?? .whole
        if without.contains("all") { settings.gestures = [] }
        for gesture in without.compactMap({ Gesture(rawValue: $0) }) { settings.gestures.remove(gesture) }
        settings.shortcut = shortcut == "none" ? nil : Shortcut(shortcut)
        settings.button = buttonCode
        settings.holdsStill = hold
        if case .recording = settings.pen { settings.writesAtOnce = true } else { settings.writesAtOnce = write }
        settings.drawsInk = overlay
        settings.isLaunched = ibus
        settings.version = Release.version
        return settings
    }

    private func origin() throws -> PenOrigin {
        guard let pen else { return .any }
        if pen == "none" { return .none }
        let attributes = try? FileManager.default.attributesOfItem(atPath: pen)
        guard let type = attributes?[.type] as? FileAttributeType else {
            throw ValidationError("--pen \(pen): there is no such device or recording")
        }
        return type == .typeCharacterSpecial ? .device(pen) : .recording(URL(filePath: pen), speed: speed)
    }

    /// The writer's name; nil where the text has characters that a name cannot have.
    private static var userName: String? { StreamName(NSUserName())?.text }
}

/// The handlers of signals, which run on Dispatch's threads.
private final class SignalActions {
    private var sources: [any DispatchSourceSignal] = []

    func on(_ signals: [Int32], _ action: @escaping @Sendable () -> Void) {
        for number in signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: action)
            source.resume()
            sources.append(source)
        }
    }
}
