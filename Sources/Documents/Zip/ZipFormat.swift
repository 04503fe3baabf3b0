import DuctusFoundations
import Foundation

/// Zip archives that note programs write: notebooks of reMarkable, packaged documents of Xournal++. Others are named in the message.
enum ZipFormat: WholeFileFormat {
    static let name = "reMarkable notebooks (.rmdoc, .zip)"

    static func recognizes(_ head: FileHead) -> Bool {
        head.bytes.starts(with: [0x50, 0x4b, 3, 4]) || head.bytes.starts(with: [0x50, 0x4b, 5, 6])
    }

    static func read(_ data: Data, path: String, options: ReadingOptions, _ pages: PageReceiver) throws {
        let archive = try ZipArchive(data, path: path)
        if let entry = archive.entries.first(where: { $0.name == "content.xml" }),
            let content = try? archive.content(of: entry, limit: options.limits.fileBytes),
            XournalFormat.recognizes(FileHead(Array(content.prefix(4096))))
        {
            return try XournalFormat.read(Data(content), path: path, options: options, pages)
        }
        if archive.entries.contains(where: { $0.name.hasSuffix(".rm") || $0.name.hasSuffix(".content") }) {
            return try ReMarkableNotebook(archive, options).read(pages)
        }
        throw FileError.unknownFormat(path: path, found: description(of: archive), remedy: InkFormats.remedy)
    }

    /// The description of an archive without ink, for a message.
    private static func description(of archive: ZipArchive) -> String {
        let names = archive.entries.map(\.name)
        func has(_ part: String) -> Bool { names.contains { $0.contains(part) } }
        if has("Session.plist") { return "a Notability document; export it as PDF with its annotations" }
        if has("index.notes.pb") || has("document.info.pb") {
            return "a GoodNotes document; export it as PDF with its annotations"
        }
        if has("word/document.xml") { return "a Word document (.docx); its ink is in word/ink/*.xml: unpack it" }
        if has("ppt/presentation.xml") {
            return "a PowerPoint document (.pptx); its ink is in ppt/ink/*.xml: unpack it"
        }
        if has("sections/section") || has("will") {
            return "a WILL document of Wacom (.will); export it as InkML or UIM"
        }
        if has("note_info") || has("/pageModel/") || has("point/") { return "a Boox note; export it as PDF" }
        if has(".spi") || has("note.note") { return "a Samsung Notes document; export it as PDF" }
        if has("content.opf") || has("mimetype") { return "an OpenDocument file or a book" }
        return
            "a zip archive of \(names.count) files without ink that is known (\(names.prefix(3).joined(separator: ", ")))"
    }
}
