import ArgumentParser

/// The daemon that a benchmark starts and measures.
struct MeasuredDaemonOptions: ParsableArguments {
    @Option(help: "The daemon's lanes.")
    var lanes = 1

    @Option(help: "Pin the daemon to this processor (taskset).")
    var core: Int?

    @Option(help: "The ductusd to measure, or a program that takes its --config. Default: the one beside this program.")
    var daemon: String?
}
