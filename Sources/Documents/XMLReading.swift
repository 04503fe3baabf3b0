import DuctusFoundations
import DuctusInk
import Foundation

extension XMLScanner {
    /// Calls `body` at every start tag below the element whose start tag was just read, up to its end. What `body` has not read of a child
    /// is stepped through, too, so that every descendant is seen unless `body` reads to the child's end and returns true.
    mutating func forEachDescendant(
        _ body: (inout XMLScanner, String, [String: String]) throws -> Bool
    ) throws {
        var depth = 1
        while depth > 0, let event = try next() {
            switch event {
            case .start(let name, let attributes): if try !body(&self, name, attributes) { depth += 1 }
            case .end: depth -= 1
            case .text: break
            }
        }
    }

    /// The text of the element whose start tag was just read, up to its end.
    mutating func elementText() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var depth = 1
        while depth > 0, let event = try next() {
            switch event {
            case .text(let more): if depth == 1 { bytes += more }
            case .start: depth += 1
            case .end: depth -= 1
            }
        }
        return bytes
    }

    /// Steps over the element whose start tag was just read.
    mutating func skipElement() throws {
        var depth = 1
        while depth > 0, let event = try next() {
            switch event {
            case .start: depth += 1
            case .end: depth -= 1
            case .text: break
            }
        }
    }
}

/// A format that is XML with a certain root element.
protocol XMLFormat: WholeFileFormat {
    /// The description of a file of this format, for a message.
    static var example: String { get }
    /// Hands over the pages of a document whose root element's start tag was just read.
    ///
    /// - Throws: `XMLScanner.Failure`, `InkExcess`, `FileError`, and what `pages` throws.
    static func read(
        _ scanner: inout XMLScanner, root: [String: String], name: String, options: ReadingOptions,
        _ pages: PageReceiver
    ) throws
}

extension XMLFormat {
    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        var scanner = XMLScanner(data)
        do {
            guard case .start(_, let attributes)? = try scanner.next() else { return }
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            var wantsMore = true
            try read(&scanner, root: attributes, name: name, options: options) { page in
                wantsMore = try pages(page)
                return wantsMore
            }
            // A document has one root: what follows it must not be passed over in silence.
            if wantsMore { while try scanner.next() != nil {} }
        } catch let failure as XMLScanner.Failure {
            throw FileError.malformed(
                path: path, line: failure.line, reason: failure.reason, remedy: "This is \(self.name): \(example).")
        } catch let excess as InkExcess {
            throw FileError.tooLarge(
                path: path, line: scanner.line(at: scanner.position), what: excess.what, limit: excess.limit)
        }
    }
}

/// Reads lists of numbers, with any separators, at the speed that long strokes need.
enum NumberList {
    /// All numbers of a text; nil if something else than white space, commas and semicolons stands between them.
    static func numbers(in bytes: [UInt8]) -> [Double]? {
        bytes.withUnsafeBytes { bytes in
            var numbers: [Double] = []
            var position = 0
            while true {
                while position < bytes.count,
                    bytes[position] <= 0x20 || bytes[position] == UInt8(ascii: ",")
                        || bytes[position] == UInt8(ascii: ";")
                {
                    position += 1
                }
                guard position < bytes.count else { return numbers }
                guard let number = DecimalNumber.read(bytes, at: &position) else { return nil }
                numbers.append(number)
            }
        }
    }

    static func numbers(in text: String) -> [Double]? { numbers(in: Array(text.utf8)) }
}

/// Counts the ink of a page, and stops what exceeds the limits.
struct InkBudget {
    let limits: InkLimits
    private var strokes = 0
    private var samples = 0

    init(_ limits: InkLimits) { self.limits = limits }

    mutating func charge(_ stroke: Stroke) throws {
        strokes += 1
        samples += stroke.samples.count
        guard strokes <= limits.strokes else { throw InkExcess(what: "strokes", limit: limits.strokes) }
        guard samples <= limits.samples else { throw InkExcess(what: "samples", limit: limits.samples) }
    }
}
