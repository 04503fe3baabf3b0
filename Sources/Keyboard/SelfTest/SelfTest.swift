import DuctusInk
import DuctusStreaming
import DuctusTablet
import Foundation

/// Looks at everything that the keyboard needs on this desktop, and types a sample through all of it.
package struct SelfTest {
    /// One thing that was looked at.
    package struct Check: Encodable, Equatable, Sendable {
        package var name: String
        package var works: Bool
        /// Whether nothing is typed without it. The others matter for some programs, or for some pens.
        package var isNeeded: Bool
        package var message: String
        /// The remedy; empty where none is needed.
        package var remedy: String

        private enum CodingKeys: String, CodingKey {
            case name, works, message, remedy
            case isNeeded = "needed"
        }
    }

    package struct Result: Encodable, Sendable {
        package var ok: Bool
        package var checks: [Check]
    }

    private let daemon: DaemonAddress
    private let environment: [String: String]
    private let version: String

    package init(daemon: DaemonAddress, environment: [String: String], version: String) {
        (self.daemon, self.environment, self.version) = (daemon, environment, version)
    }

    package func run() -> Result {
        var checks = [ibus(), daemonAnswers()]
        if checks.allSatisfy(\.works) { checks.append(typing()) }
        checks += [component(), tablet()] + DesktopChecks(environment).checks
        return Result(
            ok: checks.contains { $0.name == "typing" && $0.works } && !checks.contains { $0.isNeeded && !$0.works },
            checks: checks)
    }

    // MARK: What is needed

    private func ibus() -> Check {
        do {
            let client = try IBusClient(environment: environment)
            let engine = try client.globalEngine() ?? "none"
            return Check(
                name: "ibus", works: true, isNeeded: true,
                message: "the ibus-daemon answers; the chosen input method is '\(engine)'", remedy: "")
        } catch {
            return Check(
                name: "ibus", works: false, isNeeded: true, message: "\(error)",
                remedy:
                    "sudo apt install ibus; im-config -n ibus, and log in again; or for this session 'ibus-daemon --daemonize --xim'"
            )
        }
    }

    private func daemonAnswers() -> Check {
        do {
            let model = try DaemonLink.reader(at: daemon)
            return Check(
                name: "daemon", works: true, isNeeded: true, message: "ductusd answers and reads ink with '\(model)'",
                remedy: "")
        } catch {
            return Check(
                name: "daemon", works: false, isNeeded: true, message: "\(error)",
                remedy:
                    "start it: 'systemctl start ductusd', or 'ductusd' for this user alone; to use the machine's daemon, 'sudo adduser $USER ductus' and log in again"
            )
        }
    }

    // MARK: Typing

    /// The text of the sample.
    private static let sample = "the pen writes"
    /// The hand that writes it: one that the shipped model reads without a mistake.
    private static let hand: UInt64 = 4
    private static let patience = 20_000

    private func typing() -> Check {
        var check = Check(name: "typing", works: false, isNeeded: true, message: "", remedy: "")
        do {
            let typed = try type(
                SimulatedPen(writer: Writer(seed: Self.hand, hand: .printed)).strokes(of: Self.sample, seed: 1))
            check.works = !typed.text.isEmpty
            check.message =
                typed.text.isEmpty
                ? "a sample was written, and nothing came into the field"
                : "a sample was written ('\(Self.sample)') and came into a field as '\(typed.text)', after \(typed.preedits) previews"
            if typed.text.isEmpty {
                check.remedy =
                    "look at 'ductus watch' and 'ibus engine' while 'ductus keyboard' runs; 'ibus restart' helps where IBus hangs"
            }
        } catch {
            check.message = "a sample could not be typed: \(error)"
            check.remedy = "ibus restart"
        }
        return check
    }

    private func type(_ strokes: [Stroke]) throws -> (text: String, preedits: Int) {
        guard let stream = StreamName("keyboard-self-test-\(getpid())") else { return ("", 0) }
        var settings = KeyboardSettings(stream: stream)
        settings.pen = .strokes(strokes)
        settings.writesAtOnce = true
        settings.version = version
        let field = try SelfTestField(IBusClient(environment: environment))
        try field.focus()
        let running = RunningSession(settings, daemon: daemon, environment: environment)
        defer { running.stop() }
        try field.live(milliseconds: Self.patience) { field in
            running.fault != nil || (!field.content.isEmpty && field.content.split(separator: " ").count >= 3)
        }
        if let fault = running.fault { throw fault }
        let text = field.content
        running.stop()
        try field.leave()
        return (text, field.preedits)
    }

    // MARK: What is good to have

    private func component() -> Check {
        let engines = (try? IBusClient(environment: environment).engines()) ?? []
        let isKnown = engines.contains(IBusComponent.engine)
        return Check(
            name: "component", works: isKnown, isNeeded: false,
            message: isKnown
                ? "'\(IBusComponent.longName)' can be chosen among the input methods"
                : "IBus does not know '\(IBusComponent.longName)' yet: it cannot be chosen among the input methods; 'ductus keyboard' works all the same",
            remedy: isKnown ? "" : "install the package, or 'sudo make install'; then 'ibus restart'")
    }

    private func tablet() -> Check {
        do {
            let pen = try EvdevPen.find()
            return Check(
                name: "tablet", works: true, isNeeded: false, message: "\(pen.device.name), \(pen.path)", remedy: "")
        } catch {
            return Check(
                name: "tablet", works: false, isNeeded: false, message: "\(error)",
                remedy:
                    "plug the tablet in; where it may not be read, the rule 60-ductus-tablet.rules lets the user at the seat read pens: install the package, or 'sudo usermod -aG input $USER' and log in again; or write on the pad of a phone: 'ductus pad --share', and 'ductus keyboard --type STREAM'"
            )
        }
    }
}
