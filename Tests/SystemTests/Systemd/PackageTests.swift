import Foundation
import Testing

/// What the tests of the package need, made by `make deb` and `make debian-root`.
private enum DebianPackage {
    private static let folder = Installation.package + "/build"
    static let root = folder + "/debian-12"
    static let package: String? = (try? FileManager.default.contentsOfDirectory(atPath: folder))?
        .filter { $0.hasPrefix("ductus_") && $0.hasSuffix(".deb") }.sorted().last.map { "\(folder)/\($0)" }

    static let obstacle: String? =
        Machine.obstacle ?? (package == nil ? "no package; run 'make deb'" : nil)
        ?? (FileManager.default.fileExists(atPath: root + "/etc/debian_version")
            ? nil : "no Debian root; run 'make debian-root'")
}

/// The Debian package in a plain Debian 12 without Swift.
@Suite(.serialized, .enabled(if: DebianPackage.obstacle == nil, "\(DebianPackage.obstacle ?? "")"))
struct PackageTests {

    @Test func itInstalls_starts_upgradesWithoutLosingState_andPurgesCleanly() throws {
        let machine = try Machine.boot(from: DebianPackage.root, sharesNetwork: true)
        #expect(try machine.run("sh", "-c", "command -v swift", checked: false).status != 0, "this Debian has no Swift")
        try machine.install(try #require(DebianPackage.package), as: "/root/ductus.deb")

        // Installs, with what it depends on, and starts.
        try machine.run(
            "sh", "-c",
            "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /root/ductus.deb 2>&1"
        )
        #expect(try machine.run("dpkg", "-V", "ductus").output.isEmpty)
        for file in Self.keyboardFiles { try machine.run("test", "-f", file) }
        try machine.wait(for: "the service") { try machine.property("ActiveState") == "active" }
        #expect(try machine.property("UnitFileState") == "enabled")
        let client = try DaemonClient(sockets: machine.path("/run/ductus"))
        try client.write(on: "desk")
        try client.endSegment(on: "desk")
        #expect(try client.finals(of: ["desk"]).count == 1)
        #expect(try machine.run("ductus", "status", "--json").output.contains("\"ready\":true"))

        // Upgrades: state and a changed configuration stay, the new process serves.
        try machine.run("sh", "-c", "echo kept > /var/lib/ductus/mark && chown ductus: /var/lib/ductus/mark")
        try machine.run("sh", "-c", "sed -i 's/^  level: info/  level: debug/' /etc/ductus/ductus.yaml")
        let before = try machine.property("MainPID")
        try machine.run("sh", "-c", Self.raiseVersion)
        try machine.run("sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg -i /root/newer.deb 2>&1")
        try machine.wait(for: "the new process") {
            let now = try machine.property("MainPID")
            return try now != before && now != "0" && machine.property("ActiveState") == "active"
        }
        #expect(try machine.run("cat", "/var/lib/ductus/mark").output == "kept\n")
        #expect(try machine.run("grep", "level:", "/etc/ductus/ductus.yaml").output.contains("level: debug"))

        // Removes: the service ends, state stays.
        try machine.run("sh", "-c", "dpkg -r ductus 2>&1")
        #expect(try machine.property("ActiveState") != "active")
        #expect(try machine.run("cat", "/var/lib/ductus/mark").output == "kept\n")

        // Purges: nothing is left.
        try machine.run("sh", "-c", "dpkg -P ductus 2>&1")
        let left = try machine.run(
            "sh", "-c",
            "ls -d /var/lib/ductus /etc/ductus /run/ductus /usr/share/ductus /usr/bin/ductus* 2>/dev/null; getent passwd ductus",
            checked: false)
        #expect(left.output.isEmpty)
    }

    /// What the pen as a keyboard needs: the engine for IBus, the right to read pens, the user's unit, the guide.
    private static let keyboardFiles = [
        "/usr/share/ibus/component/ductus.xml", "/usr/lib/udev/rules.d/60-ductus-tablet.rules",
        "/usr/lib/systemd/user/ductus-keyboard.service", "/usr/share/doc/ductus/keyboard.md",
        "/usr/share/doc/ductus/pictures/keyboard.png",
    ]

    /// Packs the same files again as a later version.
    private static let raiseVersion = """
        set -e; rm -rf /root/x; dpkg-deb -R /root/ductus.deb /root/x; sed -i 's/^Version: .*/&+upgrade1/' /root/x/DEBIAN/control; \
        dpkg-deb -Znone -b /root/x /root/newer.deb
        """
}
