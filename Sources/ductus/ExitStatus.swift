import ArgumentParser
import DuctusDecoding
import DuctusDrawing
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusTraining
import DuctusWire
import Foundation

/// A failure that is not the input's fault: exit status 1.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Faults of what the user gave: exit status 2.
protocol BadInput: Error {}
extension ModelError: BadInput {}
extension SafetensorsError: BadInput {}
extension TrainingError: BadInput {}
extension SensorFileError: BadInput {}
extension FileError: BadInput {}
extension SimulationError: BadInput {}
extension DrawingError: BadInput {}
extension LanguageModelFault: BadInput {}
extension Alphabet.Fault: BadInput {}
extension LexiconFault: BadInput {}
extension FixtureFault: BadInput {}

enum ExitStatus {
    static let failed: Int32 = 1
    static let badInput: Int32 = 2

    /// Prints what went wrong, and ends the program with the status that stands for it.
    static func end(with error: any Error) -> Never {
        let code = Ductus.exitCode(for: error)
        if code == .success {
            print(Ductus.fullMessage(for: error))
            do { try StandardOutput.flush() } catch {
                Terminal.error("ductus: \(error)")
                exit(failed)
            }
            exit(0)
        }
        if code == .validationFailure {
            Terminal.error(Ductus.fullMessage(for: error))
            exit(badInput)
        }
        if let code = error as? ExitCode {
            // Output from before counts, too.
            do { try StandardOutput.flush() } catch { Terminal.error("ductus: \(error)") }
            exit(code.rawValue)
        }
        Terminal.error("ductus: \(error)")
        if case .unwritable? = error as? FileError { exit(failed) }
        if case .unwritable? = error as? FixtureFault { exit(failed) }
        exit(error is any BadInput ? badInput : failed)
    }
}
