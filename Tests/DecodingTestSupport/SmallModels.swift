import DuctusDecoding
import Foundation

/// Language models small enough to be checked by hand.
package enum SmallModels {
    /// Over "a", "b" and the space, order 2: after "a" comes "b" and after "b" comes "a", as a rule.
    package static let abSpaceARPA = """
        \\data\\
        ngram 1=5
        ngram 2=5

        \\1-grams:
        -99\t<s>\t-0.2
        -0.8\t</s>
        -0.5\ta\t-0.6
        -0.5\tb\t-0.5
        -0.7\t<space>

        \\2-grams:
        -0.2\t<s> a
        -0.1\ta b
        -0.15\tb a
        -0.9\tb </s>
        -0.8\ta <space>

        \\end\\
        """

    /// The model of `abSpaceARPA`.
    package static func abSpace() throws -> LanguageModel {
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID().uuidString).arpa")
        try Data(abSpaceARPA.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        return try LanguageModel(contentsOf: url)
    }
}
