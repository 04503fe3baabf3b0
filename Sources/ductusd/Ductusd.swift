import ArgumentParser
import DuctusDaemon
import DuctusStreaming
import Foundation
import Logging
import Synchronization

/// The daemon's main: configuration in, a server running until a signal ends it.
@main struct Ductusd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ductusd", abstract: "Subscribes to pens and sensors, publishes what they write.",
        version: Release.version)

    @Option(name: .long, help: "The configuration file. Default: the first of the usual places that exists.")
    var config: String?

    @Flag(help: "Say OK, or everything that is wrong with the configuration, and end.")
    var checkConfig = false

    @Option(name: .customLong("set"), help: "Set a key of the configuration: KEY=VALUE. May be repeated.")
    var settings: [String] = []

    @Option(help: "Threads that read streams. Default: one for each core.")
    var lanes: String?

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let loader = ConfigurationLoader(path: config, environment: environment, flags: try flags())
        let loaded: ConfigurationLoader.Loaded
        do {
            loaded = try loader.load()
        } catch {
            Self.complain("\(error)")
            throw ExitCode(2)
        }
        if checkConfig {
            print("OK")
            return
        }
        do {
            try Service(loaded, loader: loader, environment: environment).runUntilStopped()
        } catch let fault as ServiceFault {
            Self.complain("Error: \(fault)")
            // At once: a lane that still reads would see its libraries torn down around it, and crash.
            _exit(1)
        }
    }

    private func flags() throws -> [ConfigurationLoader.Flag] {
        var flags = try settings.map { text in
            guard let flag = ConfigurationLoader.Flag(setting: text) else {
                throw ValidationError("--set takes KEY=VALUE, not '\(text)'")
            }
            return flag
        }
        if let lanes { flags.append(.init(flag: "--lanes", key: "lanes", value: lanes)) }
        return flags
    }

    static func complain(_ message: String) {
        FileHandle.standardError.write(Data((message + "\n").utf8))
    }
}
