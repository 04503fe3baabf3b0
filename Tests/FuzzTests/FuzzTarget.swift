import Foundation
import Glibc
import Testing

/// A decoder that faces a socket or a file, valid inputs to change, and how they are changed.
struct FuzzTarget: Sendable, CustomTestStringConvertible {
    var name: String
    /// Inputs in a run of a million.
    var share: Int
    var format: Mutator.Format
    var seeds: [[UInt8]]
    /// Reads bytes as a stranger's. What it throws is its right; what it must not do is crash.
    var decode: @Sendable ([UInt8], ScratchFile) throws -> Void

    var testDescription: String { name }

    init(
        _ name: String, share: Int, _ format: Mutator.Format, seeds: [[UInt8]],
        decode: @escaping @Sendable ([UInt8], ScratchFile) throws -> Void
    ) {
        (self.name, self.share, self.format, self.seeds, self.decode) = (name, share, format, seeds, decode)
    }

    static let all = wire + ink + documents + recordings + models + configuration

    /// Decodes `count` inputs.
    /// - Returns: how many were accepted, and how long the slowest took.
    func run(_ count: Int, seed: UInt64) throws -> (accepted: Int, slowest: Duration) {
        let scratch = try ScratchFile()
        var mutator = Mutator(format, seed: seed)
        var (accepted, slowest) = (0, Duration.zero)
        let clock = ContinuousClock()
        for number in 0..<count {
            let input = mutator.input(number, of: seeds)
            CrashNote.shared.write(name, seed: seed, number: number)
            let took = clock.measure {
                if (try? decode(input, scratch)) != nil { accepted += 1 }
            }
            slowest = max(slowest, took)
        }
        return (accepted, slowest)
    }
}

/// One small file, written anew for each input; in memory where the machine has such a folder.
final class ScratchFile: Sendable {
    let path: String
    private let descriptor: Int32

    init() throws {
        let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        path = "\(folder)/ductus-fuzz-\(UUID().uuidString.prefix(8))"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0, "\(path): \(String(cString: strerror(errno)))")
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The file with these bytes.
    func holding(_ bytes: [UInt8]) throws -> URL {
        try #require(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
        return URL(fileURLWithPath: path)
    }
}

/// Says which input was being decoded when the process crashes: with the name, the seed and the number it is made again.
///
/// Unchecked, because one suite runs one target after the other, and the handler reads only after that thread has stopped.
final class CrashNote: @unchecked Sendable {
    static let shared = CrashNote()
    private let text = UnsafeMutablePointer<CChar>.allocate(capacity: 256)

    private init() {
        text.initialize(repeating: 0, count: 256)
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] {
            signal(number) { number in
                _ = Glibc.write(STDERR_FILENO, CrashNote.shared.text, strlen(CrashNote.shared.text))
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    func write(_ name: String, seed: UInt64, number: Int) {
        name.withCString { name in
            withVaList([name, seed, number]) {
                _ = vsnprintf(text, 256, "fuzz: crashed in %s, seed %lu, input %ld\n", $0)
            }
        }
    }
}
