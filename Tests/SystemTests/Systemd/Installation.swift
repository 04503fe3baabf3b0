import DuctusNetwork
import DuctusRecognition
import Foundation
import StreamingTestSupport

/// The programs that this package built, and how they come into a machine.
enum Installation {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        .standardizedFileURL.path

    static let obstacle: String? =
        Machine.obstacle
        ?? (DaemonUnderTest.program("ductusd") == nil || DaemonUnderTest.program("ductus") == nil
            ? "ductusd is not built" : nil)

    /// Programs, libraries that only the toolchain has, models, units and configuration, as the package lays them out.
    static func install(into machine: Machine) throws {
        for name in ["ductusd", "ductus"] {
            guard let program = DaemonUnderTest.program(name) else { throw Machine.Failure("\(name) is not built") }
            try machine.install(program, as: "/usr/bin/\(name)", mode: 0o755)
            for library in try foreignLibraries(program) {
                try machine.install(
                    library, as: "/usr/local/lib/\((library as NSString).lastPathComponent)", mode: 0o755)
            }
        }
        let model = machine.root + "/usr/share/ductus/models/english"
        try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: true)
        try TinyModel.make().weightFile().write(
            to: URL(fileURLWithPath: model).appendingPathComponent(Model.File.weights))
        for unit in ["ductusd.service", "ductusd@.service"] {
            try machine.install("\(package)/systemd/\(unit)", as: "/usr/lib/systemd/system/\(unit)")
        }
        try machine.install("\(package)/systemd/ductus.sysusers", as: "/usr/lib/sysusers.d/ductus.conf")
        try machine.install("\(package)/systemd/ductus.tmpfiles", as: "/usr/lib/tmpfiles.d/ductus.conf")
        try machine.install("\(package)/systemd/ductus.yaml", as: "/etc/ductus/ductus.yaml")
        // What a daemon of this computer left behind is not the machine's.
        try? FileManager.default.removeItem(atPath: machine.root + "/var/lib/ductus")
        try machine.run("ldconfig")
        try machine.run("systemd-sysusers")
        try machine.run("systemd-tmpfiles", "--create", "ductus.conf")
        try machine.run("systemctl", "daemon-reload")
    }

    /// Libraries outside the system's folders: the Swift runtime of a toolchain, which the sandbox might hide.
    private static func foreignLibraries(_ program: String) throws -> [String] {
        try Machine.execute(["ldd", program]).output.split(separator: "\n").compactMap { line in
            guard let arrow = line.range(of: "=> ") else { return nil }
            let path = String(line[arrow.upperBound...].prefix { $0 != " " })
            return path.hasPrefix("/") && !path.hasPrefix("/lib") && !path.hasPrefix("/usr/lib") ? path : nil
        }
    }
}
