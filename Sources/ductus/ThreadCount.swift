import ArgumentParser

/// The numbers that `--threads` takes, in every command.
enum ThreadCount {
    /// More than any machine gains by; each thread needs memory of its own.
    private static let allowed = 1...1024

    /// - Throws: `ValidationError` for what is no number of threads.
    @Sendable static func parse(_ text: String) throws -> Int {
        guard let count = Int(text), allowed.contains(count) else {
            throw ValidationError(
                "--threads \(text): must be a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return count
    }
}
