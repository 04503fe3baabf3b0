/// Tells from a desktop session's environment which programs IBus reaches.
struct DesktopChecks {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    private var desktop: String { (environment["XDG_CURRENT_DESKTOP"] ?? "").lowercased() }
    private var isWayland: Bool { environment.isWaylandSession }
    private var isGNOME: Bool { desktop.contains("gnome") || desktop.contains("unity") }
    private var isKDE: Bool { desktop.contains("kde") }

    var checks: [SelfTest.Check] {
        [session, variable("GTK_IM_MODULE"), variable("QT_IM_MODULE"), xim, passwords, overlay]
    }

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

    private var hasScreen: Bool {
        guard let display = environment["DISPLAY"], !display.isEmpty else { return false }
        return X11Screen(display: display) != nil
    }

    private var missing: String {
        X11Screen.isAvailable ? "no X server with the extensions XTEST and SHAPE answers" : "libXtst.so.6 is missing"
    }

    private var remedy: String { X11Screen.isAvailable ? "" : "sudo apt install libxtst6" }

    private var passwords: SelfTest.Check {
        let works = hasScreen
        return .init(
            name: "passwords", works: works, isNeeded: false,
            message: works
                ? "programs that do not mark their passwords, as Chromium, are told from others by a key that types nothing"
                : "\(missing): in programs that do not mark their passwords, as Chromium, the pen writes only after a key was pressed in the field",
            remedy: works ? "" : remedy)
    }

    private var overlay: SelfTest.Check {
        let preview = "the preview in the field shows what is read"
        if isWayland {
            return .init(
                name: "overlay", works: false, isNeeded: false,
                message: "on Wayland, ink is not drawn on the screen while it is written; \(preview)", remedy: "")
        }
        let works = hasScreen
        return .init(
            name: "overlay", works: works, isNeeded: false,
            message: works
                ? "ink is drawn on the screen while it is written"
                : "\(missing): ink is not drawn on the screen while it is written; \(preview)",
            remedy: works ? "" : remedy)
    }
}
