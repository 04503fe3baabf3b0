import DuctusFoundations
import Foundation

/// A folder of notes: its files, and which of them the index does not know as they are.
public struct NoteFolder: Sendable {
    /// The folder's path, symbolic links followed, without a slash at its end.
    public let path: String

    /// The folder at a place; symbolic links are followed. Nothing is read yet.
    public init(_ url: URL) { path = url.resolvingSymlinksInPath().standardizedFileURL.path }

    /// A file as it is on disk.
    public struct File: Sendable {
        public var path: String
        /// Size in bytes.
        public var size: Int
        /// Time of the last change, in nanoseconds since 1970.
        public var modified: Int
    }

    /// The prefix of its notes' paths.
    public var prefix: String { path == "/" ? path : path + "/" }

    /// All plain files below the folder, hidden ones and those of hidden folders left out, by path.
    public func files() -> [File] {
        var files: [File] = []
        var folders = [path]
        while let folder = folders.popLast() {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where !name.hasPrefix(".")
            {
                let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
                var status = stat()
                // Links are not followed: they may lead in a circle.
                guard lstat(path, &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: folders.append(path)
                case S_IFREG: files.append(File(path: path, size: Int(status.st_size), modified: Self.modified(status)))
                default: continue
                }
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    /// All folders, for those who watch them.
    func folders() -> [String] {
        var all = [path]
        var index = 0
        while index < all.count {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: all[index])) ?? []
            where !name.hasPrefix(".") {
                var status = stat()
                let path = "\(all[index] == "/" ? "" : all[index])/\(name)"
                if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { all.append(path) }
            }
            index += 1
        }
        return all
    }

    private static func modified(_ status: stat) -> Int {
        Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
    }

    /// The changes that the index needs.
    public struct Changes: Sendable {
        /// Files to read, because they or the weights are new.
        public var changed: [File] = []
        /// Notes that are gone.
        public var gone: [String] = []
    }

    /// Compares the folder with the index, by sizes and times.
    public func changes(from index: NoteIndex, generation: String) throws -> Changes {
        let known = try index.notes(below: prefix)
        let files = files()
        let changed = files.filter { file in
            guard let note = known[file.path] else { return true }
            return note.size != file.size || note.modified != file.modified || note.generation != generation
        }
        let present = Set(files.map(\.path))
        return Changes(changed: changed, gone: known.keys.filter { !present.contains($0) }.sorted())
    }
}
