import DuctusFoundations
import Foundation

/// A notebook of a reMarkable tablet in a zip archive: `ID.content` lists the pages, `ID/PAGE.rm` has each one's ink.
struct ReMarkableNotebook {
    private let archive: ZipArchive
    private let options: ReadingOptions

    init(_ archive: ZipArchive, _ options: ReadingOptions) {
        self.archive = archive
        self.options = options
    }

    /// Hands over the pages in the notebook's order. Pages without ink have no file, but count.
    func read(_ pages: PageReceiver) throws {
        var left = options.limits.fileBytes
        let files = archive.entries.filter { $0.name.hasSuffix(".rm") }
        let byName = Dictionary(files.map { (Self.stem($0.name), $0) }, uniquingKeysWith: { first, _ in first })
        var order: [String] = []
        if let content = archive.entries.first(where: { $0.name.hasSuffix(".content") }) {
            let bytes = try archive.content(of: content, limit: min(left, 16 << 20))
            left -= bytes.count
            order = try Self.pages(of: bytes, path: archive.path)
        }
        // Old archives name the files by the numbers of the pages; files that the list lacks come last.
        let listed = Set(order)
        let numbers = (0..<order.count).map(String.init).filter { byName[$0] != nil && !listed.contains($0) }
        let others = byName.keys.filter { !listed.contains($0) && !numbers.contains($0) }
        let named = order.enumerated().map { byName[$1] == nil && byName["\($0)"] != nil ? "\($0)" : $1 }
        let all = named + others.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        for (index, page) in all.enumerated() {
            guard let entry = byName[page] else { continue }
            let result = Result { () throws(FileError) in
                let bytes: [UInt8]
                do { bytes = try archive.content(of: entry, limit: left) } catch let error as FileError {
                    throw error
                } catch {
                    throw FileError.inaccessible(path: archive.path, reason: "\(error)")
                }
                left -= bytes.count
                var read = try ReMarkableFormat.page(
                    of: bytes, path: archive.path, place: "page \(index + 1)", id: "page-\(index + 1)", options.limits)
                read.index = index
                return read
            }
            guard try pages(result) else { return }
        }
    }

    private static func stem(_ name: String) -> String {
        String((name.split(separator: "/").last ?? "").dropLast(3))
    }

    /// The names of the pages: `{"pages":["…"]}`, or `{"cPages":{"pages":[{"id":"…","deleted":{…}}]}}`.
    private static func pages(of bytes: [UInt8], path: String) throws -> [String] {
        do {
            return try bytes.withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                var names: [String] = []
                func list(_ scanner: inout JSONScanner) throws {
                    guard scanner.peek() == UInt8(ascii: "[") else { return try scanner.skip() }
                    try scanner.array { scanner in
                        guard names.count < 100_000 else { throw scanner.failure("too many pages") }
                        guard scanner.peek() == UInt8(ascii: "{") else {
                            if let name = try scanner.looseText() { names.append(name) }
                            return
                        }
                        var name: String?
                        var isDeleted = false
                        try scanner.object { scanner, member in
                            switch member {
                            case "id": name = try scanner.looseText()
                            case "deleted":
                                isDeleted = true
                                try scanner.skip()
                            default: try scanner.skip()
                            }
                        }
                        if let name, !isDeleted { names.append(name) }
                    }
                }
                try scanner.object { scanner, member in
                    switch member {
                    case "pages": try list(&scanner)
                    case "cPages":
                        guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
                        try scanner.object { scanner, member in
                            if member == "pages" { try list(&scanner) } else { try scanner.skip() }
                        }
                    default: try scanner.skip()
                    }
                }
                return names
            }
        } catch let failure as JSONScanner.Failure {
            throw FileError.broken(
                path: path, place: "the list of pages (.content)", reason: failure.reason,
                remedy: "Export the notebook again.")
        }
    }
}
