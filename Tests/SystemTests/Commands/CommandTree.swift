import Foundation
import ProgramTestSupport
import Testing

/// The subcommands of a program as it describes itself.
enum CommandTree {
    private struct Description: Decodable {
        struct Command: Decodable {
            var commandName: String
            var subcommands: [Command]?
        }
        var command: Command
    }

    /// The subcommands of `ductus` that do something, each as the words that call it.
    static func leaves() throws -> [[String]] {
        let described = try ChildProgram.ductus(["--experimental-dump-help"]).finish().output
        let root = try JSONDecoder().decode(Description.self, from: Data(described.utf8)).command
        return leaves(of: root, path: [])
    }

    private static func leaves(of command: Description.Command, path: [String]) -> [[String]] {
        let below = (command.subcommands ?? []).filter { $0.commandName != "help" }
        return below.isEmpty ? [path] : below.flatMap { leaves(of: $0, path: path + [$0.commandName]) }
    }
}
