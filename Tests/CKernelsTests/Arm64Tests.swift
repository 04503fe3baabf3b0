import Foundation
import ProgramTestSupport
import Testing

/// The kernels of another processor: cross-compiled, and run by an emulator against the golden vectors of `Tests/arm64/check.c`.
@Suite struct Arm64Tests {
    @Test(.enabled(if: missing.isEmpty, "not installed: \(missing.joined(separator: ", "))"))
    func theKernelsPassTheirGoldenVectorsUnderQemu() throws {
        let build = FileManager.default.temporaryDirectory.appendingPathComponent("ductus-arm64-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: build, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: build) }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("arm64/run.sh")
        let (status, text) = try ChildProgram.run("/bin/sh", [script.path], environment: ["DUCTUS_BUILD": build.path])
        #expect(status == 0, "\(text)")
        #expect(!text.contains("skipped"), "\(text)")
    }

    private static let missing = [
        "clang": "clang", "gcc-aarch64-linux-gnu": "aarch64-linux-gnu-gcc", "qemu-user": "qemu-aarch64",
    ].filter { !isInstalled($0.value) }.keys.sorted()

    private static func isInstalled(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
}
