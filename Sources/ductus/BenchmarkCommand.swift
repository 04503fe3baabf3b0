import ArgumentParser

/// Measurements of the parts; `Benchmarks/` has the scripts that run them beside a peer.
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Measure the parts of the program on this machine.",
        subcommands: [
            BenchmarkNetwork.self,
            BenchmarkDecoder.self,
            BenchmarkTransport.self,
            BenchmarkDaemon.self,
            BenchmarkSensors.self,
            BenchmarkLearning.self,
            BenchmarkSoak.self,
            BenchmarkRobustness.self,
        ])
}
