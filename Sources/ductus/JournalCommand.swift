import ArgumentParser
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Export or erase the corrections that the daemon keeps.",
        subcommands: [Export.self, Erase.self])

    /// Corrections of streams whose hello named no writer.
    struct NobodyOptions: ParsableArguments {
        @Flag(help: "Corrections of streams whose hello named no writer.")
        var nobody = false

        @Option(help: "With --nobody: of this stream alone.")
        var stream = ""

        func validate(writer: String) throws {
            guard !nobody || writer.isEmpty else { throw ValidationError("--nobody: no writer can be named with it.") }
            guard nobody || stream.isEmpty else { throw ValidationError("--stream: give --nobody with it.") }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Print corrections with their ink or vectors, one JSON object per line, as every command reads them.")

        @OptionGroup var connection: ConnectOptions

        @Option(help: "Only this writer's.")
        var writer = ""

        @OptionGroup var nobody: NobodyOptions

        func validate() throws { try nobody.validate(writer: writer) }

        func run() throws {
            let client = try connection.control(context: try Context())
            var request = WireExportJournalRequest()
            request.writer = writer
            (request.nameless, request.stream) = (nobody.nobody, nobody.stream)
            while true {
                let reply = try StatusCommand.ask(client, .exportJournal(request)).exportJournal
                for entry in reply.entries {
                    if entry.hasVectors {
                        try printJSON(ExportedRecording(entry))
                    } else {
                        print(JSONLines.line(try InkLine(entry)))
                    }
                    (request.pipeline, request.after) = (entry.pipeline, entry.correction)
                }
                guard reply.more, !reply.entries.isEmpty else { return }
            }
        }
    }

    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove everything kept of a writer: corrections, ink, own weights.",
            discussion: "With --nobody: everything kept of streams whose hello named no writer.")

        @OptionGroup var connection: ConnectOptions

        @Argument(help: "Whose.")
        var writer = ""

        @OptionGroup var nobody: NobodyOptions

        func validate() throws {
            try nobody.validate(writer: writer)
            guard !writer.isEmpty || nobody.nobody else {
                throw ValidationError("Name a writer, or give --nobody for corrections without a writer's name.")
            }
        }

        func run() throws {
            let client = try connection.control(context: try Context())
            let request = WireEraseJournalRequest.with {
                ($0.writer, $0.nameless, $0.stream) = (writer, nobody.nobody, nobody.stream)
            }
            let reply = try StatusCommand.ask(client, .eraseJournal(request)).eraseJournal
            print("\(reply.corrections) corrections of \(writer.isEmpty ? "nobody" : writer) are erased")
            for generation in reply.generations {
                print(
                    "trained on some of them: \(generation.writer.isEmpty ? "shared" : generation.writer)/\(generation.number)"
                )
            }
            if reply.generations.contains(where: { $0.writer.isEmpty }) {
                print(
                    "The shared weights remember a little of them; `ductus model rollback` to an earlier generation forgets it."
                )
            }
        }
    }
}
