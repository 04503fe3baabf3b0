extension [String: String] {
    /// Whether these are the environment variables of a session on Wayland.
    var isWaylandSession: Bool { self["XDG_SESSION_TYPE"] == "wayland" || !(self["WAYLAND_DISPLAY"] ?? "").isEmpty }
}
