import ArgumentParser
import DuctusTransport
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct WordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "words", abstract: "List or forget the words that the daemon has learned from corrections.",
        discussion: """
            A word that something was corrected to is expected of its writer from then on: names above all. It needs no training.
            """,
        subcommands: [List.self, Forget.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List words by writer, the newest first.")

        @OptionGroup var connection: ConnectOptions

        @Option(help: "Only this writer's.")
        var writer = ""

        @Flag(help: "Print one JSON object per word.")
        var json = false

        struct Row: Encodable {
            var pipeline, writer, word: String
            /// Unix µs.
            var time: Int64
        }

        func run() throws {
            let client = try connection.control(context: try Context())
            let reply = try StatusCommand.ask(client, .listWords(.with { $0.writer = writer })).listWords
            for word in reply.words {
                if json {
                    try printJSON(Row(pipeline: word.pipeline, writer: word.writer, word: word.text, time: word.time))
                } else {
                    print("\(word.writer)  \(word.text)")
                }
            }
        }
    }

    struct Forget: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget words of a writer.")

        @OptionGroup var connection: ConnectOptions

        @Argument(help: "Whose.")
        var writer: String

        @Argument(help: "Which words.")
        var words: [String] = []

        @Flag(help: "All words of the writer.")
        var all = false

        func validate() throws {
            guard all != !words.isEmpty else { throw ValidationError("Give the words to forget, or --all.") }
        }

        func run() throws {
            let client = try connection.control(context: try Context())
            let request = WireForgetWordsRequest.with { ($0.writer, $0.words, $0.all) = (writer, words, all) }
            let reply = try StatusCommand.ask(client, .forgetWords(request)).forgetWords
            print("\(reply.words) words of \(writer) are forgotten")
        }
    }
}
