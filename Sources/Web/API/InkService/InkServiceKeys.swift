import DuctusFoundations
import Synchronization

/// The keys with which requests to the iink-batch-compatible endpoints are signed: a line `applicationKey hmacKey` each; `#` begins a
/// comment.
package struct InkServiceKeys: Sendable, Equatable {
    private let keys: [String: String]

    /// - Throws: `InkServiceKeysFault` with the line.
    package init(parsing text: String) throws(InkServiceKeysFault) {
        var keys: [String: String] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
            if words.isEmpty { continue }
            guard words.count == 2 else { throw InkServiceKeysFault(line: number + 1) }
            keys[words[0]] = words[1]
        }
        self.keys = keys
    }

    /// Whether the signature is that of the body: HMAC-SHA512 with the two keys joined, hexadecimal.
    ///
    /// All digits are compared, whatever the first ones are.
    func verify(_ signature: String, of body: [UInt8], application: String) -> Bool {
        guard let key = keys[application] else { return false }
        let code = SHA512.authenticationCode(of: body, key: Array((application + key).utf8))
        let digits = Array(signature.lowercased().utf8)
        let expected = code.flatMap { Array(String(UInt16($0) | 0x100, radix: 16).utf8.dropFirst()) }
        guard digits.count == expected.count else { return false }
        return zip(digits, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

package struct InkServiceKeysFault: Error, Equatable, CustomStringConvertible {
    package var line: Int

    package var description: String {
        "line \(line) is not 'applicationKey hmacKey'; write the two with a space between"
    }
}
