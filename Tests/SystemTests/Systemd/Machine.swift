import Foundation
import ProgramTestSupport
import Testing

/// A machine with a systemd of its own, booted from this one's files without changing them: an overlay whose upper layer is memory, in a
/// container of systemd-nspawn.
///
/// For example: `let machine = try Machine.boot(); try machine.run("systemctl", "start", "ductusd")`. It is gone with the object.
final class Machine {
    /// What keeps this computer from booting one; nil: nothing.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "needs root" }
        for (program, package) in [
            ("systemd-nspawn", "systemd-container"), ("nsenter", "util-linux"), ("dbus-daemon", "dbus"),
            ("systemctl", "systemd"),
        ] where path(of: program) == nil {
            return "needs \(program); apt-get install \(package)"
        }
        let systems = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
        guard systems.contains("overlay") else { return "needs overlayfs" }
        let probe = FileManager.default.temporaryDirectory.appendingPathComponent("ductus-probe-\(UUID().uuidString)")
            .path
        try? FileManager.default.createDirectory(atPath: probe, withIntermediateDirectories: true)
        defer { rmdir(probe) }
        guard mount("tmpfs", probe, "tmpfs", 0, nil) == 0 else {
            return "may not mount: \(String(cString: strerror(errno)))"
        }
        umount2(probe, Int32(MNT_DETACH))
        return nil
    }()

    /// Its root directory, as seen from here.
    let root: String
    private let folder: String
    private let container: ChildProgram
    private var leader: Int32 = 0

    private static let bootSeconds = 120.0

    /// - Parameters:
    ///   - base: The files it starts from.
    ///   - sharesNetwork: Whether it has this computer's network, instead of a loopback of its own.
    static func boot(from base: String = "/", sharesNetwork: Bool = false) throws -> Machine {
        let machine = try Machine(base: base, sharesNetwork: sharesNetwork)
        try machine.waitUntilBooted()
        return machine
    }

    private init(base: String, sharesNetwork: Bool) throws {
        folder =
            FileManager.default.temporaryDirectory.appendingPathComponent("ductus-machine-\(UUID().uuidString)").path
        root = folder + "/root"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.require(mount("tmpfs", folder, "tmpfs", 0, "size=2g") == 0, "mount tmpfs")
        for name in ["upper", "work", "root"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let layers = "lowerdir=\(base),upperdir=\(folder)/upper,workdir=\(folder)/work"
        try Self.require(mount("overlay", root, "overlay", 0, layers) == 0, "mount overlay")
        // Equal machine ids would mix up the journals.
        try "".write(toFile: root + "/etc/machine-id", atomically: false, encoding: .utf8)
        let log = folder + "/console.log"
        FileManager.default.createFile(atPath: log, contents: nil)
        guard let console = FileHandle(forWritingAtPath: log) else { throw Failure("no \(log) can be written") }
        container = try ChildProgram(
            Self.path(of: "systemd-nspawn") ?? "",
            ["-D", root, "--boot", "--register=no", "--keep-unit", "--console=pipe", "--quiet"]
                + (sharesNetwork ? [] : ["--private-network"]), output: .file(console))
    }

    deinit {
        if leader > 0 { kill(leader, SIGKILL) }
        _ = container.end(with: SIGTERM)
        umount2(root, Int32(MNT_DETACH))
        umount2(folder, Int32(MNT_DETACH))
        rmdir(folder)
    }

    /// What a command printed, and how it ended.
    struct Outcome: CustomStringConvertible {
        var status: Int32
        var output: String
        var description: String { "status \(status): \(output)" }
    }

    /// Runs a command in the machine.
    @discardableResult
    func run(_ command: String..., checked: Bool = true) throws -> Outcome {
        let outcome = try Self.execute(["nsenter", "-t", "\(leader)", "-a"] + command)
        if checked, outcome.status != 0 { throw Failure("\(command.joined(separator: " ")): \(outcome)") }
        return outcome
    }

    /// A property of a unit, as `systemctl show` gives it.
    func property(_ name: String, of unit: String = "ductusd") throws -> String {
        try run("systemctl", "show", "-P", name, unit).output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func journal(of unit: String = "ductusd") throws -> String {
        try run("journalctl", "-u", unit, "--no-pager", "-o", "cat").output
    }

    /// Polls, because what happens inside has no other sign; the tests assert what, never when.
    func wait(seconds: Double = 20, for what: String, until condition: () throws -> Bool) throws {
        let deadline = Date().addingTimeInterval(seconds)
        while try !condition() {
            guard Date() < deadline else { throw Failure("waited \(seconds) s for \(what)\n\((try? journal()) ?? "")") }
            usleep(100_000)
        }
    }

    /// A path of the machine as this computer reaches it, also where the machine has mounted something.
    func path(_ inside: String) -> String { "/proc/\(leader)/root\(inside)" }

    /// Puts a file of this computer into the machine.
    func install(_ source: String, as target: String, mode: mode_t = 0o644) throws {
        let path = root + target
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try? manager.removeItem(atPath: path)
        try manager.copyItem(atPath: source, toPath: path)
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue { chmod(path, mode) }
    }

    func write(_ text: String, to target: String, mode: mode_t = 0o644) throws {
        let path = root + target
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, mode)
    }

    private func waitUntilBooted() throws {
        let deadline = Date().addingTimeInterval(Self.bootSeconds)
        while Date() < deadline {
            usleep(200_000)
            guard container.isRunning else { break }
            // The first child only makes the namespaces, and ends: the machine's first process is its successor.
            leader = Self.child(of: container.processIdentifier) ?? 0
            guard leader != 0 else { continue }
            let state = try run("systemctl", "is-system-running", checked: false).output
            if state.hasPrefix("running") || state.hasPrefix("degraded") { return }
        }
        let console = (try? String(contentsOfFile: folder + "/console.log", encoding: .utf8)) ?? ""
        throw Failure("the machine did not boot: \(console.suffix(2000))")
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    static func execute(_ command: [String]) throws -> Outcome {
        let (status, output) = try ChildProgram.run("/usr/bin/env", command)
        return Outcome(status: status, output: output)
    }

    static func path(of program: String) -> String? {
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map { "\($0)/\(program)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    private static func child(of process: Int32) -> Int32? {
        let list = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return list?.split(separator: " ").first.flatMap { Int32($0) }
    }

    private static func require(_ isDone: Bool, _ what: String) throws {
        guard isDone else { throw Failure("\(what): \(String(cString: strerror(errno)))") }
    }
}
