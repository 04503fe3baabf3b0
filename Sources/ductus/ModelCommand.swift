import ArgumentParser
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "List, show and roll back what the daemon has learned.",
        subcommands: [List.self, Show.self, Rollback.self])

    /// A generation as the command line names it: `7`, or `anna/7` for a writer's own.
    struct Name: ExpressibleByArgument {
        var generation: WireGeneration

        init?(argument: String) {
            let (writer, number) =
                argument.lastIndex(of: "/").map {
                    (String(argument[..<$0]), String(argument[argument.index(after: $0)...]))
                } ?? ("", argument)
            guard let number = UInt64(number) else { return nil }
            generation = .with {
                if !writer.isEmpty, writer != "shared" { $0.writer = writer }
                $0.number = number
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all generations that are kept.")

        @OptionGroup var connection: ConnectOptions

        @Option(help: "Only this writer's own.")
        var writer = ""

        @Flag(help: "Print one JSON object per generation.")
        var json = false

        func run() throws {
            let client = try connection.control(context: try Context())
            let reply = try StatusCommand.ask(client, .listModels(.with { $0.writer = writer })).listModels
            for record in reply.generations {
                if json { try printJSON(GenerationOutput(record)) } else { print(GenerationOutput(record).line) }
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one generation with its figures and corrections.")

        @OptionGroup var connection: ConnectOptions

        @Argument(help: "7, or WRITER/7.")
        var generation: Name

        @Option(help: "Whose weights, where several pipelines learn. Default: the first that has the generation.")
        var pipeline = ""

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let client = try connection.control(context: try Context())
            let reply = try StatusCommand.ask(
                client,
                .showModel(
                    .with {
                        $0.generation = generation.generation
                        $0.pipeline = pipeline
                    })
            ).showModel
            var output = GenerationOutput(reply.record)
            output.trained_on = reply.corrections
            if json { return try printJSON(output) }
            print(output.line)
            print("base \(output.base_hash)")
            for (name, value) in output.figures.sorted(by: { $0.key < $1.key }) { print("\(name)  \(percent(value))") }
            print("corrections  \(reply.corrections.map(String.init).joined(separator: " "))")
            if !reply.card.isEmpty { print("\n\(reply.card)") }
        }
    }

    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let an earlier generation serve again.",
            discussion: "0 is the shipped weights; WRITER/0 lets the writer read with the shared ones.")

        @OptionGroup var connection: ConnectOptions

        @Argument(help: "7, or WRITER/7.")
        var generation: Name

        @Option(help: "Whose weights, where several pipelines learn. Default: the first that has the generation.")
        var pipeline = ""

        func run() throws {
            let client = try connection.control(context: try Context())
            let request = WireRollbackModelRequest.with {
                $0.generation = generation.generation
                $0.pipeline = pipeline
            }
            let reply = try StatusCommand.ask(client, .rollbackModel(request)).rollbackModel
            print("\(reply.to.title) serves instead of \(reply.from.title)")
        }
    }
}

/// The output of `model list` and `model show`.
struct GenerationOutput: Encodable {
    var pipeline: String
    var generation: String
    var parent: String?
    var base_hash: String
    var created: Int64
    var in_use: Bool
    var corrections: UInt32
    var figures: [String: Double]
    var trained_on: [UInt64]?

    init(_ record: WireGenerationRecord) {
        pipeline = record.pipeline
        generation = record.generation.title
        parent = record.hasParent ? record.parent.title : nil
        base_hash = record.baseHash
        created = record.created
        in_use = record.inUse
        corrections = record.corrections
        figures = record.figures
    }

    var line: String {
        var parts = [in_use ? "*" : " ", pipeline, generation]
        if let parent {
            parts.append("after \(parent), \(corrections) corrections")
        } else {
            parts.append("as shipped")
        }
        if let before = figures["held_out_before"], let after = figures["held_out_after"] {
            parts.append("held out \(percent(before)) -> \(percent(after))")
        }
        if let before = figures["canary_before"], let after = figures["canary_after"] {
            parts.append("canary \(percent(before)) -> \(percent(after))")
        }
        return parts.joined(separator: "  ")
    }
}

extension WireGeneration {
    /// `shared/3`, `anna/7`.
    fileprivate var title: String { "\(writer.isEmpty ? "shared" : writer)/\(number)" }
}
