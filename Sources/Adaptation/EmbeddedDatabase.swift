import Foundation
import GRDB

/// An SQLite file in write-ahead mode whose faults are `JournalError`s and whose erased rows are overwritten.
struct EmbeddedDatabase: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    /// - Parameter isDurable: whether what was written must survive a power cut; without it a crash of the process alone.
    init(at url: URL, label: String, isDurable: Bool, migrator: DatabaseMigrator) throws(JournalError) {
        path = url.path
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = label
        do {
            queue = try DatabaseQueue(path: url.path, configuration: configuration)
            // Only now: opening in write-ahead mode sets the level itself.
            try queue.writeWithoutTransaction { database in
                try database.execute(
                    sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL"); PRAGMA secure_delete = ON")
            }
            try migrator.migrate(queue)
        } catch {
            throw .unusable(path: url.path, reason: "\(error)")
        }
    }

    func write<Value>(_ change: (Database) throws -> Value) throws(JournalError) -> Value {
        do {
            return try queue.write(change)
        } catch {
            throw .unusable(path: path, reason: "\(error)")
        }
    }

    func read<Value>(_ question: (Database) throws -> Value) throws(JournalError) -> Value {
        do {
            return try queue.read(question)
        } catch {
            throw .unusable(path: path, reason: "\(error)")
        }
    }

    /// After rows were deleted: the write-ahead log still holds the pages as they were.
    func forgetDeleted() throws(JournalError) {
        do {
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        } catch {
            throw .unusable(path: path, reason: "\(error)")
        }
    }
}
