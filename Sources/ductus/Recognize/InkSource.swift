import ArgumentParser
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import Foundation

/// The pages of files, one after the other.
struct InkSource: Sendable {
    var paths: [String]
    var options: ReadingOptions
    /// The only page of each file to read, counted from 1; nil for all.
    var page: Int?
    /// The part of an archive that is read here.
    var archive: ArchiveSink?

    /// Hands over all pages of all files; what is wrong with a page or a file is handed over in its place.
    func items(_ deliver: (InkItem) -> Bool) {
        for (index, path) in paths.enumerated() where archive?.wantsFile(index) ?? true {
            var number = 0
            do {
                try InkFile.pages(of: path, options: options) { page in
                    number += 1
                    if let only = self.page, only != number { return number < only }
                    if let archive, !archive.wants(index, page: number) { return true }
                    return deliver(InkItem(file: index, path: path, number: number, content: .page(page)))
                }
            } catch let error as FileError {
                guard deliver(InkItem(file: index, path: path, number: number + 1, content: .page(.failure(error))))
                else {
                    return
                }
            } catch {
                let fault = FileError.inaccessible(path: path, reason: "\(error)")
                guard deliver(InkItem(file: index, path: path, number: number + 1, content: .page(.failure(fault))))
                else {
                    return
                }
            }
            guard deliver(InkItem(file: index, path: path, number: number, content: .end)) else { return }
        }
    }
}

/// A page of a file, or its end.
struct InkItem: Sendable {
    enum Content: Sendable {
        case page(Result<InkPage, FileError>)
        case end
    }

    /// The file's index.
    var file: Int
    var path: String
    /// Of the page in its file, counted from 1.
    var number: Int
    var content: Content

    func read(with reader: inout any InkPageReader) -> ReadItem {
        switch content {
        case .end: return ReadItem(file: file, path: path, number: number, content: .end)
        case .page(.failure(let error)):
            return ReadItem(file: file, path: path, number: number, content: .fault("\(error)"))
        case .page(.success(let page)):
            do {
                return ReadItem(file: file, path: path, number: number, content: .page(page, try reader.read(page)))
            } catch {
                return ReadItem(file: file, path: path, number: number, content: .fault("\(path): \(error)"))
            }
        }
    }
}

/// The result of an item.
struct ReadItem: Sendable {
    enum Content: Sendable {
        case page(InkPage, PageResult)
        case fault(String)
        case end
    }

    var file: Int
    var path: String
    var number: Int
    var content: Content
}

/// Counts what was read, says what was not, and draws the progress of long work.
struct RecognitionReport {
    private let files: [String]
    private var pages = 0
    private var faults = 0
    private var bar: ProgressBar
    private let began = ContinuousClock.now

    init(files: [String]) {
        self.files = files
        bar = ProgressBar(total: files.count)
    }

    mutating func count(_ item: ReadItem) {
        switch item.content {
        case .page: pages += 1
        case .fault(let message):
            faults += 1
            Terminal.endStatus()
            Terminal.error("ductus: \(message)")
        case .end: break
        }
        guard ContinuousClock.now - began > .seconds(1), isatty(STDOUT_FILENO) == 0 else { return }
        let (done, total, pages) = (item.file, files.count, pages)
        bar.show(done, total > 1 ? "\(done) of \(total) files, \(pages) pages" : "\(pages) pages")
    }

    /// - Throws: the exit status, if something was not read.
    func finish() throws {
        guard faults > 0 else { return }
        if faults > 1 { Terminal.error("ductus: \(faults) of \(pages + faults) pages could not be read") }
        throw ExitCode(pages > 0 ? ExitStatus.failed : ExitStatus.badInput)
    }
}
