/// What the environment of a desktop session says about which programs IBus reaches.
struct DesktopChecks {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    private var desktop: String { (environment["XDG_CURRENT_DESKTOP"] ?? "").lowercased() }
    private var isWayland: Bool {
        environment["XDG_SESSION_TYPE"] == "wayland" || !(environment["WAYLAND_DISPLAY"] ?? "").isEmpty
    }
    private var isGNOME: Bool { desktop.contains("gnome") || desktop.contains("unity") }
    private var isKDE: Bool { desktop.contains("kde") }

    var checks: [SelfTest.Check] { [session, variable("GTK_IM_MODULE"), variable("QT_IM_MODULE"), xim, overlay] }

    private var session: SelfTest.Check {
        let (works, message, remedy): (Bool, String, String) =
            if isWayland, isGNOME {
                (true, "GNOME on Wayland: IBus reaches all programs", "")
            } else if isWayland, isKDE {
                (
                    true, "KDE on Wayland: IBus reaches the programs whose environment names it",
                    "choose 'IBus Wayland' under System Settings, Virtual Keyboard, where it is listed, and keep the variables below set"
                )
            } else if isWayland {
                (
                    false,
                    "a Wayland desktop without IBus of its own (sway, wlroots): IBus reaches programs of GTK and Qt whose environment names it, "
                        + "and X11 programs; others, as terminals that speak Wayland alone, it does not reach",
                    "set the variables below before the desktop starts"
                )
            } else if !(environment["DISPLAY"] ?? "").isEmpty {
                (true, "X11: IBus reaches all programs", "")
            } else {
                (
                    false, "this is no desktop session: neither DISPLAY nor WAYLAND_DISPLAY is set",
                    "run it in a terminal of the desktop"
                )
            }
        return .init(name: "session", works: works, isNeeded: false, message: message, remedy: remedy)
    }

    private func variable(_ name: String) -> SelfTest.Check {
        let value = environment[name] ?? ""
        // GNOME on Wayland serves fields by its own protocol where nothing else is asked for.
        let works = value == "ibus" || (value.isEmpty && isWayland && isGNOME)
        let programs = name.hasPrefix("GTK") ? "GTK programs" : "Qt programs"
        return .init(
            name: name, works: works, isNeeded: false,
            message: works ? "\(programs) ask IBus" : "\(name) is '\(value)': \(programs) may not ask IBus",
            remedy: works
                ? "" : "im-config -n ibus, or '\(name)=ibus' in ~/.config/environment.d/ibus.conf, and log in again")
    }

    private var xim: SelfTest.Check {
        let value = environment["XMODIFIERS"] ?? ""
        let works = value == "@im=ibus" || (environment["DISPLAY"] ?? "").isEmpty
        return .init(
            name: "XMODIFIERS", works: works, isNeeded: false,
            message: works ? "X11 programs ask IBus" : "XMODIFIERS is '\(value)': old X11 programs do not ask IBus",
            remedy: works
                ? ""
                : "im-config -n ibus, or 'XMODIFIERS=@im=ibus' in ~/.config/environment.d/ibus.conf, and log in again"
        )
    }

    private var overlay: SelfTest.Check {
        .init(
            name: "overlay", works: false, isNeeded: false,
            message: "ink is not drawn on the screen while it is written; the preview in the field shows what is read",
            remedy: "")
    }
}
