import Foundation
import GRDB
import Synchronization

/// An SQLite file in write-ahead mode that opens itself when it is used, and again after its file went away or was damaged.
///
/// Guarantees
/// - A change that `write` returns from is in the file that the path names: one that was removed meanwhile is begun anew, and the change
///   made there.
/// - A damaged file is put aside under another name, never removed, and a new one begun; `remark` tells of it.
/// - Erased rows are overwritten.
final class EmbeddedDatabase: Sendable {
    private struct Opened {
        var queue: DatabaseQueue
        var identity: FileIdentity?
        var tenure: Int
    }

    private struct State {
        var opened: Opened?
        var isClosed = false
    }

    private let url: URL
    private let label: String
    private let isDurable: Bool
    private let migrator: DatabaseMigrator
    private let directory: StateDirectory?
    private let remark: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - label: the name of the file's contents in messages for an operator.
    ///   - isDurable: whether commits must survive a power cut. Otherwise they survive only a crash of the process.
    ///   - directory: the state directory, whose lock must be held while the file is written.
    ///   - remark: called with messages for an operator.
    init(
        at url: URL, label: String, isDurable: Bool, migrator: DatabaseMigrator, in directory: StateDirectory?,
        remark: @escaping @Sendable (String) -> Void
    ) {
        self.url = url
        self.label = label
        self.isDurable = isDurable
        self.migrator = migrator
        self.directory = directory
        self.remark = remark
    }

    func write<Value>(_ change: (Database) throws -> Value) throws(JournalError) -> Value {
        try perform { opened in
            let value = try opened.queue.write(change)
            guard isCurrent(opened) else { throw Vanished() }
            return value
        }
    }

    func read<Value>(_ question: (Database) throws -> Value) throws(JournalError) -> Value {
        try perform { try $0.queue.read(question) }
    }

    /// Overwrites what deleted rows left in the write-ahead log, which still holds the pages as they were.
    func forgetDeleted() throws(JournalError) {
        try perform { _ = try $0.queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } }
    }

    /// Why nothing can be written at present; nil where it can.
    func fault() -> JournalError? {
        if let fault = directory?.writeFault() { return .noDirectory(fault) }
        do throws(JournalError) {
            _ = try opened()
            return nil
        } catch {
            return error
        }
    }

    /// Leaves one plain file behind. What comes afterwards throws.
    func close() {
        state.withLock { state in
            state.isClosed = true
            guard let opened = state.opened else { return }
            state.opened = nil
            try? opened.queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try? opened.queue.close()
        }
    }

    // MARK: Opening

    /// The file is no longer where it was opened.
    private struct Vanished: Error {}

    /// Runs `body`, a second time where the file had gone or was damaged.
    private func perform<Value>(_ body: (Opened) throws -> Value) throws(JournalError) -> Value {
        var isSecond = false
        while true {
            let opened = try opened()
            do {
                return try body(opened)
            } catch {
                defer { isSecond = true }
                if !isSecond, Self.isDamage(error) {
                    try putAside(opened, because: error)
                } else if isSecond || isCurrent(opened) {
                    throw fault(error)
                }
            }
        }
    }

    private func isCurrent(_ opened: Opened) -> Bool {
        opened.identity != nil && opened.identity == FileIdentity(path: url.path)
    }

    private func opened() throws(JournalError) -> Opened {
        let result: Result<Opened, JournalError> = state.withLock { state in
            do throws(JournalError) {
                guard !state.isClosed else { throw .unusable(path: url.path, reason: "it is closed") }
                var tenure = try hold()
                if let opened = state.opened {
                    let isThere = isCurrent(opened)
                    if opened.tenure == tenure, isThere { return .success(opened) }
                    state.opened = nil
                    try? opened.queue.close()
                    if opened.tenure == tenure {
                        directory?.awaitRemoval()
                        tenure = try hold()
                    }
                    if !isThere { remark("\(label) \(url.path) was removed while it was in use; a new one is begun") }
                }
                let opened = Opened(queue: try open(), identity: FileIdentity(path: url.path), tenure: tenure)
                state.opened = opened
                return .success(opened)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func hold() throws(JournalError) -> Int {
        do throws(StateFault) { return try directory?.hold() ?? 0 } catch { throw .noDirectory(error) }
    }

    private func open() throws(JournalError) -> DatabaseQueue {
        do {
            if directory != nil {
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw .unusable(path: url.path, reason: error.localizedDescription)
        }
        do {
            return try openOnce()
        } catch {
            guard directory != nil, Self.isDamage(error) || isNoFile else { throw fault(error) }
            try moveAside(because: error)
            do { return try openOnce() } catch { throw fault(error) }
        }
    }

    /// Something else than a file has its name.
    private var isNoFile: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private func openOnce() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = label
        let queue = try DatabaseQueue(path: url.path, configuration: configuration)
        // The level is set only now, because opening in write-ahead mode sets it, too.
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL"); PRAGMA secure_delete = ON")
            let findings = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
            guard findings == ["ok"] else { throw Damage(finding: findings.first ?? "it is not whole") }
        }
        try migrator.migrate(queue)
        return queue
    }

    // MARK: Damage

    private struct Damage: Error, CustomStringConvertible {
        let finding: String
        var description: String { finding }
    }

    private static func isDamage(_ error: any Error) -> Bool {
        if error is Damage { return true }
        guard let error = error as? DatabaseError else { return false }
        return error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    private func putAside(_ opened: Opened, because error: any Error) throws(JournalError) {
        guard directory != nil else { throw fault(error) }
        let result: Result<Void, JournalError> = state.withLock { state in
            // Another thread may have been here already.
            guard let present = state.opened, present.queue === opened.queue else { return .success(()) }
            state.opened = nil
            try? opened.queue.close()
            do throws(JournalError) { return .success(try moveAside(because: error)) } catch { return .failure(error) }
        }
        try result.get()
    }

    private func moveAside(because error: any Error) throws(JournalError) {
        let aside = url.path + ".damaged-\(Int(Date().timeIntervalSince1970))"
        guard rename(url.path, aside) == 0 else {
            throw .unusable(
                path: url.path, reason: "it is damaged, and cannot be put aside: \(String(cString: strerror(errno)))")
        }
        for suffix in ["-wal", "-shm"] { _ = rename(url.path + suffix, aside + suffix) }
        remark("\(label) \(url.path) is damaged (\(error)); it is kept as \(aside), and a new one is begun")
    }

    private func fault(_ error: any Error) -> JournalError {
        if error is Vanished { return .unusable(path: url.path, reason: "it is removed again and again") }
        return .unusable(path: url.path, reason: "\(error)")
    }
}
