import ArgumentParser
import DuctusAdaptation
import DuctusDocuments
import DuctusFoundations
import DuctusRecognition
import Foundation

/// Which part of an archive this process reads: `i/N`, i from 1.
struct Shard: ExpressibleByArgument, Sendable {
    var index: Int
    var count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "/").map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], index >= 1, index <= count else {
            return nil
        }
        (self.index, self.count) = (index, count)
    }

    func takes(_ number: Int) -> Bool { number % count == index - 1 }
}

/// The part of a result's name besides the page: the model and the options.
enum ReadingGeneration {
    /// Twelve hexadecimal digits.
    static func name(of model: Model, options: ModelOptions, layout: String, format: String, y: String) throws -> String
    {
        var parts = [BaseModel(model).hash, "\(options.decoding)", "\(options.precision)", layout, format, y]
        for path in [options.languageModel, options.words] {
            parts.append(try path.map { try FileHash.of($0) } ?? "own")
        }
        let bytes = Array(parts.joined(separator: "\u{0}").utf8)
        return String(bytes.withUnsafeBytes { SHA256.hex(of: $0) }.prefix(12))
    }
}

enum FileHash {
    /// SHA-256 of a file, hexadecimal.
    ///
    /// - Throws: `FileError`.
    static func of(_ path: String) throws -> String {
        do {
            let data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
            return data.withUnsafeBytes { SHA256.hex(of: $0) }
        } catch {
            throw FileError.inaccessible(path: path, reason: error.localizedDescription)
        }
    }
}

/// Writes a file for each page. Its name follows from the page and the model, so the same work always gives the same
/// file: two workers may do it, and a file that exists need not be made again.
///
/// Files appear whole. Used by one thread to ask and by another to write.
final class ArchiveSink: RecognitionSink, @unchecked Sendable {
    private let folder: URL
    private let lines: any ReadingLines
    private let suffix: String
    private let shard: Shard?
    private let resumes: Bool
    /// By the file's index; set before its pages are asked for, each once.
    private let lock = NSLock()
    private var hashes: [Int: Result<String, FileError>] = [:]
    private let paths: [String]

    init(
        _ lines: any ReadingLines, format: String, generation: String, folder: URL, paths: [String], shard: Shard?,
        resumes: Bool
    ) throws {
        (self.folder, self.lines, self.paths) = (folder, lines, paths)
        (self.shard, self.resumes) = (shard, resumes)
        suffix = "-\(generation).\(format == "json" ? "json" : "txt")"
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError.unwritable(path: folder.path, reason: error.localizedDescription)
        }
    }

    /// Whole files go to a shard where there are as many as shards; else their pages do.
    private var sharesFiles: Bool { shard.map { paths.count >= $0.count } ?? true }

    /// Whether any page of a file is this process's.
    func wantsFile(_ file: Int) -> Bool {
        guard let shard, sharesFiles else { return true }
        return shard.takes(file)
    }

    func wants(_ file: Int, page: Int) -> Bool {
        if let shard, !sharesFiles, !shard.takes(page - 1) { return false }
        guard resumes, let name = try? name(file, page) else { return true }
        return !FileManager.default.fileExists(atPath: folder.appending(path: name).path)
    }

    private func name(_ file: Int, _ page: Int) throws -> String {
        let known = lock.withLock { hashes[file] }
        let hash: Result<String, FileError>
        if let known {
            hash = known
        } else {
            do { hash = .success(try FileHash.of(paths[file])) } catch let error as FileError { hash = .failure(error) }
            lock.withLock { hashes[file] = hash }
        }
        return "\(try hash.get().prefix(32))-\(page)\(suffix)"
    }

    func write(_ item: ReadItem) throws {
        switch item.content {
        case .page(let page, let result):
            let text = try lines.lines(for: item, page, result).map { $0 + "\n" }.joined()
            let url = folder.appending(path: try name(item.file, item.number))
            do {
                try AtomicFile.write(Data(text.utf8), to: url)
            } catch {
                throw FileError.unwritable(path: url.path, reason: "\(error)")
            }
        case .fault: break
        case .end: lock.withLock { hashes[item.file] = nil }
        }
    }

    func finish() throws {}
}
