import DuctusFoundations
import Foundation

/// A format whose files are JSON values, each a page or several.
protocol JSONFormat: InkFormat {
    /// Whether the elements of a list are pages of their own; else the list is one value.
    static var splitsLists: Bool { get }
    /// An example of a right value, for a message.
    static var example: String { get }
    /// Memory that is kept from value to value.
    associatedtype Decoder: JSONPageDecoder
}

/// Decodes the values of one file.
protocol JSONPageDecoder {
    init(options: ReadingOptions)
    /// The pages of the value that is next.
    ///
    /// - Parameter number: the number of the value, counted from 1. It is the page's name where the value has none.
    /// - Throws: `JSONScanner.Failure`, `InkExcess`.
    mutating func decode(_ scanner: inout JSONScanner, number: Int) throws -> [InkPage]
}

/// More ink than the limits grant.
struct InkExcess: Error {
    var what: String
    var limit: Int
}

extension JSONFormat {
    public static func read(_ file: LineReader, options: ReadingOptions, _ pages: PageReceiver) throws {
        var values = JSONValues(file, splitsLists: splitsLists, limits: options.limits)
        var decoder = Decoder(options: options)
        var number = 0
        while let decoded = try values.next({ bytes, line in
            number = max(number + 1, line)
            return Result { () throws(FileError) in
                try decode(bytes, &decoder, number: number, path: file.path, line: line)
            }
        }) {
            switch decoded {
            case .failure(let error):
                guard try pages(.failure(error)) else { return }
            case .success(let decoded):
                for page in decoded where try !pages(.success(page)) { return }
            }
        }
    }

    /// One value.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ decoder: inout Decoder, number: Int, path: String, line: Int
    ) throws(FileError) -> [InkPage] {
        var scanner = JSONScanner(bytes)
        do {
            let pages = try decoder.decode(&scanner, number: number)
            try scanner.expectEnd()
            return pages
        } catch let failure as JSONScanner.Failure {
            let before = bytes.prefix(failure.position)
            let lines = before.count { $0 == 0x0a }
            let column = failure.position - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0)
            throw .malformed(
                path: path, line: line + lines, reason: "\(failure.reason) (byte \(column + 1))", remedy: example)
        } catch let excess as InkExcess {
            throw .tooLarge(path: path, line: line, what: excess.what, limit: excess.limit)
        } catch {
            throw .malformed(path: path, line: line, reason: "\(error)", remedy: example)
        }
    }
}
