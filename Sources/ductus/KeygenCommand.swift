import ArgumentParser
import DuctusDaemon
import DuctusTransportZeroMQ
import DuctusWeb
import Foundation

/// Makes the keys that endpoints on a network need.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a CURVE key pair for the daemon or for a client, or a client's token for HTTP.",
        discussion: """
            The secret key goes into a new file that only you can read (mode 0600). The public key is printed: the daemon's goes \
            to its clients (--server-key), a client's goes into the daemon's allow-list.
            """)

    @Option(help: ArgumentHelp("Write the daemon's key pair to this file.", valueName: "file"))
    var server: String?

    @Option(help: ArgumentHelp("Make a client's key pair, named so in the allow-list.", valueName: "name"))
    var client: String?

    @Flag(help: "Make a token for HTTP instead of a key pair: its file holds the token, the allow-list its hash.")
    var token = false

    @Option(name: .shortAndLong, help: ArgumentHelp("The client's file.", valueName: "file"))
    var output: String?

    @Option(help: "What the client may do: publish, subscribe, correct, control. May be repeated.")
    var right: [AllowedClient.Right] = [.publish, .subscribe]

    @Option(help: "Prefix of the streams that the client may use. May be repeated.")
    var stream: [String] = []

    @Option(help: "Prefix of the writers that the client may write and correct as. May be repeated.")
    var writer: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (server == nil) != (client == nil) else {
            throw ValidationError("say --server FILE for the daemon's key, or --client NAME for a client's")
        }
        if token, client == nil { throw ValidationError("a token belongs to a client: say --client NAME") }
        // It names a file, too, and stands in logs.
        if let client, !Self.isName(client) {
            throw ValidationError("a client's name is 1 to 64 of A-Z a-z 0-9 _ - and, not at its begin, full stops")
        }
    }

    private static func isName(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isPlain && (1...64).contains(text.utf8.count) && !text.hasPrefix(".")
    }

    private struct Result: Encodable {
        var file: String
        var publicKey: String?
        var tokenHash: String?
        var name: String?
    }

    func run() throws {
        if token, let client { return try makeToken(for: client) }
        let pair = try CurveKeyPair()
        let path = server ?? output ?? "\(client ?? "client").key"
        let comment =
            client.map { "CURVE key of the client '\($0)'. Keep it secret." }
            ?? "CURVE key of the daemon. Keep it secret."
        try KeyFile.write(pair, to: path, comment: comment)
        if json {
            try printJSON(Result(file: path, publicKey: pair.publicKey.text, name: client))
        } else if let client {
            print("# \(path) holds the key pair. Append this to the daemon's allow-list (security.clients):")
            print(entry(for: client, "key: '\(pair.publicKey.text)'"))
        } else {
            print("# \(path) holds the key pair. Clients need the public key: --server-key '\(pair.publicKey.text)'")
            print(pair.publicKey.text)
        }
    }

    private func makeToken(for client: String) throws {
        let token = WebCredentials.makeToken()
        let hash = WebCredentials.hash(token)
        let path = output ?? "\(client).token"
        try KeyFile.write(token + "\n", to: path)
        if json {
            try printJSON(Result(file: path, tokenHash: hash, name: client))
        } else {
            print("# \(path) holds the token. Append this to the daemon's allow-list (security.clients):")
            print(entry(for: client, "token_sha256: \(hash)"))
        }
    }

    private func entry(for client: String, _ secret: String) -> String {
        let prefixes = (stream.isEmpty ? ["\(client)-"] : stream).map { "'\($0)'" }
        let writers = writer.map { "'\($0)'" }
        return """
              - name: '\(client)'
                \(secret)
                rights: [\(right.map(\.rawValue).joined(separator: ", "))]
                streams: [\(prefixes.joined(separator: ", "))]
                writers: [\(writers.joined(separator: ", "))]
            """
    }
}

extension AllowedClient.Right: ExpressibleByArgument {}
extension KeyFileFault: BadInput {}
