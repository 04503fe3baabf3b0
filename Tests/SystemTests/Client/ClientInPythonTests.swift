import DuctusInk
import DuctusRecognition
import Foundation
import ProgramTestSupport
import StreamingTestSupport
import Testing

/// The client of protocols/README.md, as it stands there, against the real daemon.
@Suite struct ClientInPythonTests {
    private static let protocols = FixtureFolder.root.appending(path: "protocols")
    /// Debian's own interpreter, which python3-zmq and python3-protobuf belong to.
    private static let python = "/usr/bin/python3"

    static let canRun =
        (try? ChildProgram.run(python, ["-c", "import zmq, google.protobuf"]).status) == 0
        && (try? ChildProgram.run(named: "protoc", ["--version"]).status) == 0

    @Test(.enabled(if: canRun, "needs python3-zmq, python3-protobuf and protobuf-compiler"))
    func theClientInTheReadmeIsReadToTheEnd() throws {
        let daemon = try DaemonUnderTest()
        let readme = try String(contentsOf: Self.protocols.appending(path: "README.md"), encoding: .utf8)
        let block = try #require(readme.components(separatedBy: "```").first { $0.hasPrefix("python\n") })
        #expect(block.split(separator: "\n").count <= 34, "it is to stay a client in 30 lines")
        try String(block.dropFirst(7)).write(toFile: daemon.folder + "/client.py", atomically: true, encoding: .utf8)
        let messages = try FileManager.default.contentsOfDirectory(
            atPath: Self.protocols.appending(path: "ductus/v1").path
        )
        .filter { $0.hasSuffix(".proto") }.map { "ductus/v1/\($0)" }
        let made = try ChildProgram.run(
            named: "protoc", ["-I", Self.protocols.path, "--python_out=\(daemon.folder)"] + messages)
        #expect(made.status == 0, "\(made.output)")

        let endpoints = try ["ink", "labels"].map { try daemon.endpoint($0).description }
        let ran = try ChildProgram.run(
            named: "timeout", ["60", Self.python, "client.py"] + endpoints, in: URL(filePath: daemon.folder))
        #expect(ran.status == 0, "\(ran.output)")
        // The ink that the client writes, by its own formula.
        var curve = Stroke()
        for index in 0..<40 {
            let height = Double((index - 20) * (index - 20)) / 10
            curve.samples.append(Sample(x: Float(index), y: Float(height), time: Int64(index) * 7500))
        }
        let expected = try Recognizer(model: TinyModel.make()).recognize([curve]).text
        let lines = ran.output.components(separatedBy: "\n")
        #expect(lines.dropLast().last == expected)
    }
}
