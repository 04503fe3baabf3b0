import Foundation

/// Finds the address of the ibus-daemon of a desktop session, which has a bus of its own.
package enum IBusAddress {
    /// The address that a running daemon has left for its clients; nil where none runs.
    package static func find(environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let address = environment["IBUS_ADDRESS"], !address.isEmpty { return address }
        for file in files(environment) {
            if let address = address(in: file) { return address }
        }
        return nil
    }

    /// The folder that a new daemon writes its address to.
    package static func folder(environment: [String: String]) -> String {
        let home = environment["HOME"] ?? NSHomeDirectory()
        let configuration = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.config"
        return configuration + "/ibus/bus"
    }

    /// The possible names of the file, likeliest first: by the Wayland display, then by that of X.
    private static func files(_ environment: [String: String]) -> [String] {
        let machine = ["/etc/machine-id", "/var/lib/dbus/machine-id"].lazy.compactMap {
            try? String(contentsOfFile: $0, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }.first { !$0.isEmpty }
        guard let machine else { return [] }
        let folder = folder(environment: environment)
        var names: [String] = []
        if let display = environment["WAYLAND_DISPLAY"], !display.isEmpty { names.append("\(machine)-unix-\(display)") }
        if let display = environment["DISPLAY"], let (host, number) = parts(of: display) {
            names.append("\(machine)-\(host)-\(number)")
        }
        return names.map { "\(folder)/\($0)" }
    }

    /// `:0.0` is display 0 of this machine, `host:1` another machine's.
    package static func parts(of display: String) -> (host: String, number: String)? {
        guard let colon = display.lastIndex(of: ":") else { return nil }
        let number = display[display.index(after: colon)...].prefix { $0 != "." }
        guard !number.isEmpty else { return nil }
        return (colon == display.startIndex ? "unix" : String(display[..<colon]), String(number))
    }

    /// A daemon that died leaves its file: its process must live.
    static func address(in file: String) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        var address: String?
        var isAlive = true
        for line in text.split(separator: "\n") {
            if line.hasPrefix("IBUS_ADDRESS=") { address = String(line.dropFirst(13)) }
            if line.hasPrefix("IBUS_DAEMON_PID="), let process = pid_t(line.dropFirst(16)) {
                isAlive = process > 0 && (kill(process, 0) == 0 || errno == EPERM)
            }
        }
        return isAlive ? address : nil
    }
}
