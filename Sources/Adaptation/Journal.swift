import DuctusRecognition
import Foundation
import GRDB

/// Every correction that was acknowledged, with its ink or its vectors, on disk.
///
/// SQLite in write-ahead mode with full synchronization, embedded in the process.
///
/// Guarantees
/// - When `add` returns, the correction survives a crash of the process and of the machine.
/// - The same text for the same segment is kept once, however often it is sent; another text takes the place of the one before.
/// - One correction of a writer in four is marked as held out, when it is written, for good.
/// - What is erased is overwritten in the file, not only unlinked.
///
/// Used from any thread; one process at a time owns a journal.
public final class Journal: Sendable {
    private let database: EmbeddedDatabase

    /// Every fourth correction of a writer, beginning with the second, is held out.
    static let heldOutPeriod = 4

    /// Opens a journal, or begins one.
    public init(at url: URL) throws(JournalError) {
        database = try EmbeddedDatabase(at: url, label: "journal", isDurable: true, migrator: Self.migrator)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("corrections") { database in
            try database.execute(
                sql: """
                    CREATE TABLE correction (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        stream TEXT NOT NULL, segment INTEGER NOT NULL, writer TEXT,
                        text TEXT NOT NULL, recognized TEXT NOT NULL, ink BLOB NOT NULL,
                        generationWriter TEXT, generationNumber INTEGER NOT NULL,
                        time INTEGER NOT NULL, state TEXT NOT NULL, heldOut INTEGER NOT NULL,
                        UNIQUE (stream, segment, text)
                    );
                    CREATE INDEX correctionByWriter ON correction (writer, number);
                    CREATE INDEX correctionByTime ON correction (time);
                    """)
        }
        migrator.registerMigration("everyone") { database in
            // Whether everyone's weights were trained with it; the state tells of its own scope.
            try database.execute(
                sql: """
                    ALTER TABLE correction ADD COLUMN everyone INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX correctionNewToEveryone ON correction (everyone);
                    """)
        }
        return migrator
    }

    /// Keeps a correction for good.
    ///
    /// - Returns: what is on disk; the same as before if the correction was there already.
    public func add(_ correction: Correction) throws(JournalError) -> JournaledCorrection {
        try database.write { database in
            let place: StatementArguments = [correction.stream, Int64(bitPattern: correction.segment), correction.text]
            if let row = try Row.fetchOne(
                database, sql: "SELECT * FROM correction WHERE stream = ? AND segment = ? AND text = ?",
                arguments: place)
            {
                let known = try JournaledCorrection(row)
                guard known.state == .superseded else { return known }
                try self.supersede(correction, in: database)
                try database.execute(
                    sql: "UPDATE correction SET state = ? WHERE number = ?",
                    arguments: [JournaledCorrection.State.pending.rawValue, Int64(bitPattern: known.number)])
                var renewed = known
                renewed.state = .pending
                return renewed
            }
            try self.supersede(correction, in: database)
            let earlier =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM correction WHERE writer IS ?", arguments: [correction.writer])
                ?? 0
            let isHeldOut = earlier % Self.heldOutPeriod == 1
            try database.execute(
                sql: """
                    INSERT INTO correction
                        (stream, segment, text, writer, recognized, ink, generationWriter, generationNumber, time, state, heldOut)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: place + [
                    correction.writer, correction.recognized, Data(correction.evidence.blob),
                    correction.generation.writer, Int64(bitPattern: correction.generation.number), correction.time,
                    JournaledCorrection.State.pending.rawValue, isHeldOut,
                ])
            return JournaledCorrection(
                number: UInt64(database.lastInsertedRowID), correction: correction, state: .pending,
                isHeldOut: isHeldOut)
        }
    }

    private func supersede(_ correction: Correction, in database: Database) throws {
        try database.execute(
            sql: "UPDATE correction SET state = ? WHERE stream = ? AND segment = ? AND text <> ?",
            arguments: [
                JournaledCorrection.State.superseded.rawValue, correction.stream, Int64(bitPattern: correction.segment),
                correction.text,
            ])
    }

    /// What a scope learns from: its newest corrections that count, in the order in which they came.
    ///
    /// The shared scope learns from everyone's.
    public func corrections(of scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection] {
        let restriction = scope.writer == nil ? "" : "AND writer = ?"
        return try database.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM correction WHERE state <> ? \(restriction) ORDER BY number DESC LIMIT ?",
                arguments: [JournaledCorrection.State.superseded.rawValue]
                    + (scope.writer.map { [$0] } ?? []) + [limit]
            ).map(JournaledCorrection.init).reversed()
        }
    }

    /// All that is kept, in order of number, for export.
    ///
    /// - Parameter writer: of this writer alone, where given.
    public func entries(
        of writer: String? = nil, after number: UInt64 = 0, limit: Int
    ) throws(JournalError) -> [JournaledCorrection] {
        let restriction = writer == nil ? "" : "AND writer = ?"
        return try database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM correction WHERE number > ? \(restriction) ORDER BY number LIMIT ?",
                arguments: [Int64(clamping: number)] + (writer.map { [$0] } ?? []) + [limit]
            ).map(JournaledCorrection.init)
        }
    }

    /// Writers with corrections that no training has used; nil stands for those of nobody.
    public func writersWithPending() throws(JournalError) -> Set<String?> {
        try database.read { database in
            Set(
                try Row.fetchAll(
                    database, sql: "SELECT DISTINCT writer FROM correction WHERE state = ?",
                    arguments: [JournaledCorrection.State.pending.rawValue]
                ).map { $0[0] as String? })
        }
    }

    /// Notes what became of corrections; those that were superseded meanwhile stay so.
    public func mark(_ numbers: [UInt64], as state: JournaledCorrection.State) throws(JournalError) {
        try database.write { database in
            for number in numbers {
                try database.execute(
                    sql: "UPDATE correction SET state = ? WHERE number = ? AND state <> ?",
                    arguments: [
                        state.rawValue, Int64(clamping: number), JournaledCorrection.State.superseded.rawValue,
                    ])
            }
        }
    }

    /// How many corrections no training of the shared scope has used.
    public func countNewToEveryone() throws(JournalError) -> Int {
        try database.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM correction WHERE everyone = 0 AND state <> ?",
                arguments: [JournaledCorrection.State.superseded.rawValue]) ?? 0
        }
    }

    /// Notes that a training of the shared scope has used what there is up to a number.
    public func markEveryone(upTo number: UInt64) throws(JournalError) {
        try database.write { database in
            try database.execute(
                sql: "UPDATE correction SET everyone = 1 WHERE everyone = 0 AND number <= ?",
                arguments: [Int64(clamping: number)])
        }
    }

    /// Takes from a scope's corrections the claim to be learned from at once: what comes next tries again with them.
    public func setAside(_ scope: Scope) throws(JournalError) {
        try database.write { database in
            try database.execute(
                sql: "UPDATE correction SET state = ? WHERE state = ? AND writer IS ?",
                arguments: [
                    JournaledCorrection.State.rejected.rawValue, JournaledCorrection.State.pending.rawValue,
                    scope.writer,
                ])
            if scope == .shared { try database.execute(sql: "UPDATE correction SET everyone = 1") }
        }
    }

    /// How many corrections are kept.
    public func count() throws(JournalError) -> Int {
        try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM correction") ?? 0 }
    }

    /// Removes everything of a writer.
    ///
    /// - Returns: the numbers of what is gone.
    public func erase(writer: String) throws(JournalError) -> [UInt64] {
        try erase(where: "writer = ?", [writer])
    }

    /// Removes what is older than `time`, unix µs.
    ///
    /// - Returns: the numbers of what is gone.
    @discardableResult
    public func erase(before time: Int64) throws(JournalError) -> [UInt64] {
        try erase(where: "time < ?", [time])
    }

    private func erase(where condition: String, _ arguments: StatementArguments) throws(JournalError) -> [UInt64] {
        let gone = try database.write { database in
            let numbers = try Int64.fetchAll(
                database, sql: "SELECT number FROM correction WHERE \(condition)", arguments: arguments)
            try database.execute(sql: "DELETE FROM correction WHERE \(condition)", arguments: arguments)
            return numbers.map { UInt64($0) }
        }
        if !gone.isEmpty { try database.forgetDeleted() }
        return gone
    }
}

extension JournaledCorrection {
    /// - Throws: `JournalDamage` for a row that this program did not write.
    fileprivate init(_ row: Row) throws {
        let number: Int64 = row["number"]
        guard let evidence = Evidence(blob: [UInt8](row["ink"] as Data)), let state = State(rawValue: row["state"])
        else {
            throw JournalDamage(number: number)
        }
        let segment: Int64 = row["segment"]
        let generation: Int64 = row["generationNumber"]
        self.init(
            number: UInt64(bitPattern: number),
            correction: Correction(
                stream: row["stream"], segment: UInt64(bitPattern: segment), writer: row["writer"], evidence: evidence,
                text: row["text"], recognized: row["recognized"],
                generation: GenerationName(writer: row["generationWriter"], number: UInt64(bitPattern: generation)),
                time: row["time"]),
            state: state, isHeldOut: row["heldOut"])
    }
}

private struct JournalDamage: Error, CustomStringConvertible {
    let number: Int64
    var description: String { "correction \(number) cannot be read back" }
}

/// Why corrections cannot be kept or read.
public enum JournalError: Error, Equatable, CustomStringConvertible {
    case unusable(path: String, reason: String)

    public var description: String {
        switch self {
        case .unusable(let path, let reason):
            "journal \(path): \(reason); check that its folder can be written and has room"
        }
    }
}
