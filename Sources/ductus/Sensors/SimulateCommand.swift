import ArgumentParser
import DuctusRandomness
import DuctusRecognition
import Foundation

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Make recordings of simulated sensors, with their labels and their text.",
        discussion: """
            A body rests, sways once a second, or shakes four times a second, with a short pause between. Each recording is of another subject. \
            Its labels name what the body does (REST, SWAY, SHAKE); its text writes the same as figures, one for each movement: how many times a \
            second (0, 1, 4).
            """)

    @Option(help: "How many recordings.")
    var recordings = 40

    @Option(help: "Seconds of each.")
    var seconds = 60.0

    @Option(help: "Vectors per second.")
    var rate = 50.0

    @Option(help: "The same seed gives the same recordings.")
    var seed: UInt64 = 1

    @Option(help: "The file: JSON lines, compressed if it ends in .gz.")
    var out: String

    func validate() throws {
        guard (1...100_000).contains(recordings) else { throw ValidationError("--recordings must be 1 to 100000") }
        guard seconds > 0, rate > 0, seconds * rate <= 1e8 else {
            throw ValidationError("--seconds and --rate must be above 0")
        }
    }

    func run() throws {
        let random = SplitMix64(seed: seed)
        let made = (1...recordings).lazy.map { number in
            var random = random.split(number)
            var sensor = SimulatedSensor(subject: "\(number)", rate: rate, seed: random.next())
            return sensor.recording(id: "simulated-\(number)", seconds: seconds)
        }
        try SensorRecording.write(made, to: URL(filePath: out))
    }
}
