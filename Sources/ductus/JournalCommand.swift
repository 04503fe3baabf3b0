import ArgumentParser
import Foundation
import Ink
import Transport
import Wire

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Export or erase the corrections that the daemon keeps.",
        subcommands: [Export.self, Erase.self])

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print corrections with their ink, one JSON object per line, as every command reads them.")

        @OptionGroup var connection: ConnectOptions

        @Option(help: "Only this writer's.")
        var writer = ""

        func run() throws {
            let client = try connection.control(context: try Context())
            var request = WireExportJournalRequest()
            request.writer = writer
            while true {
                let reply = try StatusCommand.ask(client, .exportJournal(request)).exportJournal
                for entry in reply.entries {
                    print(JSONLines.line(try Self.line(entry)))
                    (request.pipeline, request.after) = (entry.pipeline, entry.correction)
                }
                guard reply.more, !reply.entries.isEmpty else { return }
            }
        }

        private static func line(_ entry: WireJournalEntry) throws -> InkLine {
            var strokes: [Stroke] = []
            var open: [Sample] = []
            for sample in try entry.ink.samples() {
                if sample.contact {
                    open.append(sample.sample)
                } else if !open.isEmpty {
                    strokes.append(Stroke(open))
                    open = []
                }
            }
            if !open.isEmpty { strokes.append(Stroke(open)) }
            return InkLine(
                id: "\(entry.stream)/\(entry.segment)", source: "corrections", writer: entry.writer.isEmpty ? nil : entry.writer,
                language: nil, text: entry.text, strokes: strokes)
        }
    }

    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove everything kept of a writer: corrections, ink, own weights.")

        @OptionGroup var connection: ConnectOptions

        @Argument(help: "Whose.")
        var writer: String

        func run() throws {
            let client = try connection.control(context: try Context())
            let reply = try StatusCommand.ask(client, .eraseJournal(.with { $0.writer = writer })).eraseJournal
            print("\(reply.corrections) corrections of \(writer) are erased")
            for generation in reply.generations {
                print("trained on some of them: \(generation.writer.isEmpty ? "shared" : generation.writer)/\(generation.number)")
            }
            if reply.generations.contains(where: { $0.writer.isEmpty }) {
                print("The shared weights remember a little of them; `ductus model rollback` to an earlier generation forgets it.")
            }
        }
    }
}
