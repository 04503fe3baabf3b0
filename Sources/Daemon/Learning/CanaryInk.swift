import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation

/// The ink that a shared generation must not read worse: the operator's own, else lines that simulated pens write.
package enum CanaryInk {
    /// Lines of the operator's file that are measured on; more would delay every generation.
    package static let limit = 160

    /// - Throws: `FileError` for a file that cannot be read.
    package static func lines(from path: String?) throws -> [InkLine] {
        guard let path else { return simulated }
        let lines = try InkFile.read(URL(filePath: path)).filter { $0.text != nil }
        // Spread over the file, so that more than its first writer counts.
        let period = max(1, lines.count / limit)
        return lines.indices.filter { $0 % period == 0 }.prefix(limit).map { lines[$0] }
    }

    private static var simulated: [InkLine] {
        sentences.enumerated().flatMap { index, text in
            (0..<4).compactMap { hand in
                try? SimulatedPen(writer: Writer(seed: UInt64(4 * index + hand))).line(text, seed: UInt64(index))
            }
        }
    }

    /// Every letter, digit and frequent mark at least once.
    private static let sentences = [
        "The quick brown fox jumps over", "the lazy dog, and then it rains.", "Pack my box with five dozen jugs.",
        "Sphinx of black quartz, judge my vow!", "How vexingly quick daft zebras jump?",
        "Call 0312 456 789 before 10:30.",
        "We met (by chance) at the old mill.", "It's a \"small\" matter - or is it?",
        "Jackdaws love my big sphinx; why",
        "Waltz, bad nymph, for quick jigs vex", "Mr. Brown paid 25% less in May 1987.", "Every good boy deserves fudge",
    ]
}
