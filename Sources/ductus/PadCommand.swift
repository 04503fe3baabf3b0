import ArgumentParser
import DuctusDaemon
import DuctusDrawing
import DuctusTransport
import Foundation

/// Opens the pad of a daemon that runs, here or on another device.
struct PadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pad", abstract: "Open the pad, where a pen, a finger or a mouse writes, in a browser.",
        discussion: """
            The address holds the token of the daemon's start: whoever has it may write, correct and ask in your name. \
            Programs send it as 'Authorization: Bearer TOKEN'.
            """)

    @Option(help: "The daemon's runtime directory. Default: this user's daemon, else the machine's.")
    var connect: String?

    @Flag(help: "Only print the address.")
    var print = false

    @Flag(help: "Print the addresses for other devices, the first also as a QR code.")
    var share = false

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Result: Encodable {
        var address: String
        var token: String
        var pad: String
        var shared: [String]
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let directory =
            connect.map { URL(filePath: $0).path } ?? SocketDirectory.ofRunningDaemon(environment)
        let contents = try WebAddressFiles(runtime: directory).read()
        let shared = contents.sharedAddresses
        if json {
            try printJSON(
                Result(
                    address: contents.address, token: contents.token, pad: contents.padAddress, shared: shared))
        } else if share {
            try show(shared)
        } else {
            Swift.print(contents.padAddress)
            if !print { try open(contents.padAddress, in: directory, environment) }
        }
    }

    private func show(_ addresses: [String]) throws {
        guard let first = addresses.first else {
            throw CommandFailure(
                "the daemon listens on this machine alone; to let other devices in, set http.certificate, http.key and http.address "
                    + "to '0.0.0.0:7718', or put a proxy that encrypts in front and name it in http.names (docs/http.md)"
            )
        }
        if let code = QRCode(first) { Swift.print(code.terminalText) }
        for address in addresses { Swift.print(address) }
    }

    /// Opens the pad in the desktop's browser, where there is a desktop. The browser gets a page that only this user
    /// can read, because everyone can see the arguments of programs.
    private func open(_ address: String, in directory: String, _ environment: [String: String]) throws {
        guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
        let page = try WebAddressFiles(runtime: directory).writeRedirection(to: address)
        let opener = Process()
        opener.executableURL = URL(filePath: "/usr/bin/env")
        opener.arguments = ["xdg-open", page]
        opener.standardOutput = FileHandle.nullDevice
        opener.standardError = FileHandle.nullDevice
        try? opener.run()
    }
}
