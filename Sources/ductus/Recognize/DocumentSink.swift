import ArgumentParser
import DuctusDocuments
import DuctusFoundations
import Foundation

/// Writes a document for each file that was read.
final class DocumentSink: RecognitionSink {
    private let format: String
    private let out: URL?
    private let isFolder: Bool
    private let over: URL?
    private var writer: (any ReadingWriter)?
    private var file: OutputFile?
    private var names: Set<String> = []

    /// - Parameters:
    ///   - out: the file, or the folder that gets a file for each; nil for standard output.
    ///   - over: a document to write over.
    init(format: String, out: URL?, isFolder: Bool, over: URL?) throws {
        self.format = format
        self.out = out
        self.over = over
        var isDirectory: ObjCBool = false
        let exists = out.map { FileManager.default.fileExists(atPath: $0.path, isDirectory: &isDirectory) } ?? false
        self.isFolder = isFolder || exists && isDirectory.boolValue
        if self.isFolder, let out {
            guard !exists || isDirectory.boolValue else {
                throw ValidationError("\(out.path): is a file; several files of ink need a folder to be written to")
            }
            try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        }
    }

    func write(_ item: ReadItem) throws {
        switch item.content {
        case .page(let page, let result):
            if writer == nil { try begin(item.path) }
            try writer?.append(page, result.page)
        case .fault: break
        case .end:
            try writer?.finish()
            try file?.close()
            writer = nil
            file = nil
        }
    }

    func finish() throws {}

    private func begin(_ path: String) throws {
        let file = try OutputFile(destination(of: path))
        self.file = file
        let title = path == "-" ? "standard input" : URL(filePath: path).deletingPathExtension().lastPathComponent
        writer = try ReadingFormats.writer(format, title: title, over: over) { try file.write($0) }
    }

    private func destination(of path: String) -> URL? {
        guard let out, isFolder else { return out }
        var base = path == "-" ? "stdin" : URL(filePath: path).lastPathComponent
        if base.hasSuffix(".gz") { base.removeLast(3) }
        let stem = URL(filePath: base).deletingPathExtension().lastPathComponent
        // Files of one name in several folders do not replace each other.
        var name = stem
        var number = 1
        while !names.insert(name).inserted {
            number += 1
            name = "\(stem)-\(number)"
        }
        return out.appending(path: "\(name).\(ReadingFormats.fileExtension(of: format))")
    }
}

/// A file that appears once it is whole, or standard output.
final class OutputFile {
    private let url: URL?
    private let temporary: URL?
    private var handle: UnsafeMutablePointer<FILE>?

    init(_ url: URL?) throws {
        self.url = url
        guard let url else {
            temporary = nil
            return
        }
        let temporary =
            AtomicFile.isSpecial(url)
            ? url : url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).\(getpid())")
        self.temporary = temporary
        guard let handle = fopen(temporary.path, "wb") else {
            throw FileError.unwritable(path: url.path, reason: String(cString: strerror(errno)))
        }
        self.handle = handle
    }

    deinit {
        guard let handle, let temporary else { return }
        fclose(handle)
        if temporary != url { unlink(temporary.path) }
    }

    func write(_ bytes: [UInt8]) throws {
        guard let handle, let url else { return try StandardOutput.write(bytes) }
        errno = 0
        guard fwrite(bytes, 1, bytes.count, handle) == bytes.count else { throw fault(url) }
    }

    func close() throws {
        guard let handle, let url, let temporary else { return }
        self.handle = nil
        errno = 0
        guard fclose(handle) == 0, temporary == url || rename(temporary.path, url.path) == 0 else {
            let fault = fault(url)
            if temporary != url { unlink(temporary.path) }
            throw fault
        }
    }

    private func fault(_ url: URL) -> FileError {
        .unwritable(path: url.path, reason: errno == 0 ? "the write failed" : String(cString: strerror(errno)))
    }
}
