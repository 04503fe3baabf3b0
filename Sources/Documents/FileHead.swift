import DuctusFoundations
import Foundation

/// The first bytes of a file, uncompressed, and what they tell of its kind.
public struct FileHead: Sendable {
    /// The most that is looked at.
    static let largest = 256 << 10

    /// The first bytes of the file, decompressed where it is gzip.
    public let bytes: [UInt8]
    /// The start tag of an XML document.
    public let element: Element?
    /// The beginning of a JSON text.
    public let json: JSONHead?

    /// A start tag.
    public struct Element: Sendable {
        /// The name without its namespace prefix.
        public var name: String
        /// The attributes by name, as they stand in the file.
        public var attributes: [String: String]
    }

    /// Looks at the first bytes of a file, decompressed already.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let first = bytes.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        var scanner = XMLScanner(Data(first == UInt8(ascii: "<") ? bytes : []))
        if case .start(let name, let attributes)? = try? scanner.next() {
            element = Element(name: name, attributes: attributes)
        } else {
            element = nil
        }
        json = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? JSONHead(bytes) : nil
    }

    func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in bytes.starts(with: text) }
    }

    /// The description of a file that no format recognizes, for a message.
    var description: String {
        for (magic, name) in Self.strangers where bytes.starts(with: magic) { return name }
        if bytes.allSatisfy({ [0x20, 0x09, 0x0a, 0x0d].contains($0) }) { return "the file is empty" }
        if let element { return "an XML file <\(element.name)> that is no ink" }
        if let json {
            let members = json.members.keys.sorted().prefix(6).map { "\"\($0)\"" }.joined(separator: ", ")
            return members.isEmpty ? "JSON without an object" : "JSON with \(members), which is no ink that is known"
        }
        let head = bytes.prefix(40)
        guard head.allSatisfy({ $0 >= 0x20 && $0 < 0x7f || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) else {
            return "a binary file of unknown kind"
        }
        let line = String(decoding: head.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        return "text that begins \"\(line)\", which is no ink that is known"
    }

    /// Kinds of files that people try, and that hold no strokes or none that are read.
    private static let strangers: [([UInt8], String)] = [
        ([0x89, 0x50, 0x4e, 0x47], "a PNG picture: pixels, not strokes"),
        ([0xff, 0xd8, 0xff], "a JPEG picture: pixels, not strokes"),
        (Array("GIF8".utf8), "a GIF picture: pixels, not strokes"),
        (Array("II*\0".utf8), "a TIFF picture: pixels, not strokes"),
        (Array("MM\0*".utf8), "a TIFF picture: pixels, not strokes"),
        (Array("RIFF".utf8), "a RIFF file that is no ink (WebP, WAVE or AVI)"),
        (Array("SQLite format 3".utf8), "an SQLite database"), (Array("XDF:".utf8), "XDF, a recording of sensors"),
        ([0xd0, 0xcf, 0x11, 0xe0], "an old Office or Windows Journal document (.doc, .jnt); export InkML from it"),
        ([0xe4, 0x52, 0x5c, 0x7b], "a OneNote section (.one); export its pages as InkML or PDF"),
        ([0x7f, 0x45, 0x4c, 0x46], "a program"),
        ([0x28, 0xb5, 0x2f, 0xfd], "data compressed with zstd; uncompress it"),
        (Array("BZh".utf8), "data compressed with bzip2; uncompress it"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "data compressed with xz; uncompress it"),
        (
            Array("Input driver version".utf8),
            "evtest's output; record the pen with evemu-record, and send it with 'ductus tablet'"
        ),
        (Array("# EVEMU".utf8), "a recording of a tablet; send it with 'ductus tablet'"),
        (Array("---".utf8), "YAML or Markdown without ink"),
    ]
}

/// The members of the first object of a JSON text, as far as they can be seen.
public struct JSONHead: Sendable {
    /// Whether the text is a list.
    public let isList: Bool
    /// The beginnings of the values by their names, white space left out.
    public let members: [String: String]
    /// The beginning of the first value of a list that does not hold objects.
    public let firstElement: String

    init?(_ bytes: [UInt8]) {
        var isList = false
        var members: [String: String] = [:]
        var firstElement = ""
        bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            isList = scanner.consume(UInt8(ascii: "["))
            guard scanner.peek() == UInt8(ascii: "{") else {
                firstElement = Self.beginning(bytes[min(scanner.position, bytes.count)...])
                return
            }
            // The end is missing where the head ends within the object: what was seen until there counts.
            try? scanner.object { scanner, name in
                _ = scanner.peek()
                members[name] = Self.beginning(bytes[min(scanner.position, bytes.count)...])
                try scanner.skip()
            }
        }
        self.isList = isList
        self.members = members
        self.firstElement = firstElement
    }

    private static func beginning(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: bytes.prefix(200).filter { $0 > 0x20 }.prefix(48), as: UTF8.self)
    }

    /// The value of a member that is a string without white space.
    func string(_ name: String) -> String? {
        guard let text = members[name], text.hasPrefix("\"") else { return nil }
        return String(text.dropFirst().prefix { $0 != "\"" })
    }
}
