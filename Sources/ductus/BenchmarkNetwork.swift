import ArgumentParser
import DuctusNetwork
import Foundation

/// `ductus benchmark network`: inference and training at one shape.
struct BenchmarkNetwork: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract:
            "Times a stack of bidirectional LSTM layers; Benchmarks/network.py compares with PyTorch and ONNX Runtime.",
        discussion: """
            The environment variable DUCTUS_INSTRUCTION_SET forces an instruction set. Shares are of what as many cores multiply \
            and add at most, in registers, in fp32.
            """)

    @Option(help: "Numbers per frame.")
    var input = 96
    @Option(help: "Units per direction of each layer.")
    var hidden = 96
    @Option(help: "Recurrent layers.")
    var layers = 3
    @Option(help: "Frames per sequence.")
    var frames = 190
    @Option(help: "Sequences per batch.")
    var batch = 1
    @Option(help: "Labels of the output, with the blank.")
    var labels = 96
    @Option(help: "Threads that share a batch.")
    var threads = 1
    @Option(help: "Weights for inference: \(Precision.allCases.map(\.rawValue).joined(separator: ", ")).")
    var precision = Precision.fp32
    @Option(
        help:
            "A JSON file with an architecture to time in place of the stack; --input, --hidden, --layers and --labels then mean nothing."
    )
    var architecture: String?
    @Option(help: "Measured calls; the median counts.")
    var repeats = 30
    @Option(help: "What is counted: \(MeasurementClock.allCases.map(\.rawValue).joined(separator: ", ")).")
    var clock = MeasurementClock.wall
    @Flag(help: "Also time a training step: forward, CTC, backward, clipping, AdamW.")
    var train = false
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        let limits = [
            ("input", input, 4096), ("hidden", hidden, 2048), ("layers", layers, 32), ("frames", frames, 100_000),
            ("batch", batch, 4096), ("labels", labels, 4096), ("threads", threads, 256), ("repeats", repeats, 100_000),
        ]
        for (name, value, limit) in limits where !(1...limit).contains(value) {
            throw ValidationError("--\(name) is \(value); it must lie between 1 and \(limit)")
        }
        guard labels > 1 else { throw ValidationError("--labels is 1; the blank alone cannot be trained") }
    }

    func run() throws {
        var measurement = NetworkMeasurement(
            input: input, hidden: hidden, layers: layers, frames: frames, batch: batch, labels: labels,
            threads: threads,
            precision: precision, trains: train, repeats: repeats, clock: clock)
        if let architecture {
            do {
                let data = try Data(contentsOf: URL(fileURLWithPath: architecture))
                let given = try JSONDecoder().decode(Architecture.self, from: data)
                try given.validate()
                guard given.otherInputs.isEmpty else {
                    throw ValidationError("it has other inputs, which this command does not fill")
                }
                measurement.given = given
            } catch {
                throw ValidationError("--architecture \(architecture): \(error)")
            }
        }
        let report = try measurement.run()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            let format = report.reduced_format.map { " as \($0)" } ?? ""
            print("\(report.instruction_set), \(report.precision)\(format), \(report.parameters) parameters")
            print(line("inference", report.inference_s, report.inference_limit_share))
            if let step = report.training_step_s, let share = report.training_limit_share {
                print(line("training step", step, share))
            }
            print(
                String(
                    format: "products: kernels %.1f, OpenBLAS %.1f GFLOP/s; this network takes %@",
                    report.kernels_gflops,
                    report.openblas_gflops, report.large_products))
        }
    }

    private func line(_ name: String, _ seconds: Double, _ share: Double) -> String {
        String(
            format: "%@: %.2f ms, %.0f %% of the large product's rate", name, seconds * 1e3, share * 100)
    }
}

extension MeasurementClock: ExpressibleByArgument {}
