import DuctusRecognition
import Foundation
import GRDB
import Synchronization

/// Corrections in an SQLite file: write-ahead mode with full synchronization, embedded in the process.
///
/// Guarantees, besides those of `CorrectionJournal`
/// - A file that went away while it was in use is begun anew before anything more is acknowledged.
/// - A damaged file is kept aside, and a new one begun. A row that cannot be read back is left out, and told of once.
/// - After `close` the journal is one plain file.
public final class SQLiteJournal: CorrectionJournal {
    let database: EmbeddedDatabase
    private let remark: @Sendable (String) -> Void
    private let unreadable = Mutex<Set<Int64>>([])

    /// Makes a journal without opening the file. The first use opens it, or creates it.
    ///
    /// - Parameters:
    ///   - directory: the state directory, whose lock must be held while the journal is written. Without one, a damaged
    ///     file is an error instead of being set aside.
    ///   - remark: called with messages for an operator.
    public init(
        at url: URL, in directory: StateDirectory? = nil, remark: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.remark = remark
        database = EmbeddedDatabase(
            at: url, label: "journal", isDurable: true, migrator: Self.migrator, in: directory, remark: remark)
    }

    public func fault() -> JournalError? { database.fault() }

    public func close() { database.close() }

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
        migrator.registerMigration("doubt") { database in
            try database.execute(
                sql: """
                    ALTER TABLE correction ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX correctionBySource ON correction (writer, stream);
                    """)
        }
        registerWords(in: &migrator)
        return migrator
    }

    public func add(_ correction: Correction, isDoubtful: Bool = false) throws(JournalError) -> JournaledCorrection {
        try database.write { database in
            let segment = Int64(bitPattern: correction.segment)
            let known = try read(
                database, "SELECT * FROM correction WHERE stream = ? AND segment = ?", [correction.stream, segment])
            let earlier =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM correction WHERE writer IS ? AND doubtful = ?",
                    arguments: [correction.writer, isDoubtful]) ?? 0
            let decision = JournalRules.decision(
                on: correction, isDoubtful: isDoubtful, known: known, earlier: earlier)
            for number in decision.superseded {
                try database.execute(
                    sql: "UPDATE correction SET state = ? WHERE number = ?",
                    arguments: [JournaledCorrection.State.superseded.rawValue, Int64(bitPattern: number)])
            }
            switch decision.entry {
            case .known(let entry): return entry
            case .renewed(let entry):
                try database.execute(
                    sql: "UPDATE correction SET state = ?, doubtful = ? WHERE number = ?",
                    arguments: [entry.state.rawValue, isDoubtful, Int64(bitPattern: entry.number)])
                return entry
            case .new(let state, let isHeldOut):
                try database.execute(
                    sql: """
                        INSERT INTO correction
                            (stream, segment, text, writer, recognized, ink, generationWriter, generationNumber, time,
                             state, heldOut, doubtful)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        correction.stream, segment, correction.text, correction.writer, correction.recognized,
                        Data(correction.evidence.blob), correction.generation.writer,
                        Int64(bitPattern: correction.generation.number), correction.time, state.rawValue, isHeldOut,
                        isDoubtful,
                    ])
                return JournaledCorrection(
                    number: UInt64(database.lastInsertedRowID), correction: correction, state: state,
                    isHeldOut: isHeldOut)
            }
        }
    }

    /// The states of what a training may use, as SQL.
    private static let counting =
        "state NOT IN ('\(JournaledCorrection.State.superseded.rawValue)', '\(JournaledCorrection.State.quarantined.rawValue)')"

    public func corrections(of scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection] {
        let (restriction, writer) = Self.restriction(to: scope)
        return try database.read { database in
            try read(
                database,
                "SELECT * FROM correction WHERE \(Self.counting) \(restriction) ORDER BY number DESC LIMIT ?",
                writer + [limit]
            ).reversed()
        }
    }

    public func heldOut(
        of scope: Scope, before number: UInt64, limit: Int
    ) throws(JournalError) -> [JournaledCorrection] {
        let (restriction, writer) = Self.restriction(to: scope)
        return try database.read { database in
            let numbers = try Int64.fetchAll(
                database,
                sql:
                    "SELECT number FROM correction WHERE heldOut = 1 AND state = ? AND number < ? \(restriction) ORDER BY number",
                arguments: [JournaledCorrection.State.learned.rawValue, Int64(clamping: number)] + writer)
            return try JournalRules.spread(numbers, limit).flatMap {
                try read(database, "SELECT * FROM correction WHERE number = ?", [$0])
            }
        }
    }

    private static func restriction(to scope: Scope) -> (sql: String, arguments: StatementArguments) {
        scope.writer.map { ("AND writer = ?", [$0]) } ?? ("", [])
    }

    public func entries(
        of owner: CorrectionOwner? = nil, after number: UInt64 = 0, limit: Int
    ) throws(JournalError) -> [JournaledCorrection] {
        let (condition, arguments) = owner.map(Self.condition) ?? ("1", [])
        return try database.read { database in
            try read(
                database, "SELECT * FROM correction WHERE number > ? AND \(condition) ORDER BY number LIMIT ?",
                [Int64(clamping: number)] + arguments + [limit])
        }
    }

    private static func condition(_ owner: CorrectionOwner) -> (sql: String, arguments: StatementArguments) {
        switch owner {
        case .writer(let writer): ("writer = ?", [writer])
        case .nobody(nil): ("writer IS NULL", [])
        case .nobody(let stream?): ("writer IS NULL AND stream = ?", [stream])
        }
    }

    public func scopesWithPending() throws(JournalError) -> Set<Scope> {
        try database.read { database in
            Set(
                try Row.fetchAll(
                    database, sql: "SELECT DISTINCT writer FROM correction WHERE state = ?",
                    arguments: [JournaledCorrection.State.pending.rawValue]
                ).map { Scope($0[0] as String?) })
        }
    }

    public func mark(_ numbers: [UInt64], as state: JournaledCorrection.State) throws(JournalError) {
        try database.write { database in
            for number in numbers {
                try database.execute(
                    sql: "UPDATE correction SET state = ? WHERE number = ? AND \(Self.counting)",
                    arguments: [state.rawValue, Int64(clamping: number)])
            }
        }
    }

    // MARK: Trust

    public func release(_ numbers: [UInt64]) throws(JournalError) {
        try database.write { database in
            for number in numbers {
                try database.execute(
                    sql: "UPDATE correction SET state = ?, doubtful = 0 WHERE number = ? AND state = ?",
                    arguments: [
                        JournaledCorrection.State.pending.rawValue, Int64(clamping: number),
                        JournaledCorrection.State.quarantined.rawValue,
                    ])
            }
        }
    }

    public func standing(of source: CorrectionSource) throws(JournalError) -> SourceStanding {
        try database.read { database in
            let row = try Row.fetchOne(
                database,
                sql:
                    "SELECT count(*), coalesce(sum(doubtful), 0) FROM correction WHERE writer IS ? AND stream = ? AND state <> ?",
                arguments: [source.writer, source.stream, JournaledCorrection.State.superseded.rawValue])
            return SourceStanding(corrections: row?[0] ?? 0, doubtful: row?[1] ?? 0)
        }
    }

    public func quarantine(_ source: CorrectionSource) throws(JournalError) {
        try database.write { database in
            try database.execute(
                sql: "UPDATE correction SET state = ? WHERE writer IS ? AND stream = ? AND state IN (?, ?)",
                arguments: [
                    JournaledCorrection.State.quarantined.rawValue, source.writer, source.stream,
                    JournaledCorrection.State.pending.rawValue, JournaledCorrection.State.rejected.rawValue,
                ])
        }
    }

    public func quarantined(in scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection] {
        let (restriction, writer) = Self.restriction(to: scope)
        return try database.read { database in
            try read(
                database, "SELECT * FROM correction WHERE state = ? \(restriction) ORDER BY number DESC LIMIT ?",
                [JournaledCorrection.State.quarantined.rawValue] + writer + [limit]
            ).reversed()
        }
    }

    // MARK: Everyone

    public func countNewToEveryone() throws(JournalError) -> Int {
        try database.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM correction WHERE everyone = 0 AND \(Self.counting)") ?? 0
        }
    }

    public func markEveryone(upTo number: UInt64) throws(JournalError) {
        try database.write { database in
            try database.execute(
                sql: "UPDATE correction SET everyone = 1 WHERE everyone = 0 AND number <= ?",
                arguments: [Int64(clamping: number)])
        }
    }

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

    public func count() throws(JournalError) -> Int {
        try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM correction") ?? 0 }
    }

    public func erase(_ owner: CorrectionOwner) throws(JournalError) -> [UInt64] {
        let (condition, arguments) = Self.condition(owner)
        return try erase(where: condition, arguments)
    }

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

    // MARK: Rows

    /// The corrections of a query; a row that cannot be read back is left out.
    private func read(
        _ database: Database, _ sql: String, _ arguments: StatementArguments
    ) throws -> [JournaledCorrection] {
        try Row.fetchAll(database, sql: sql, arguments: arguments).compactMap { row in
            if let correction = JournaledCorrection(row) { return correction }
            let number: Int64 = row["number"]
            if unreadable.withLock({ $0.insert(number).inserted }) {
                remark("correction \(number) cannot be read back, and is left out")
            }
            return nil
        }
    }
}

extension JournaledCorrection {
    /// Decodes a row; nil for one that this program did not write.
    fileprivate init?(_ row: Row) {
        guard let blob = row["ink"] as Data?, let evidence = Evidence(blob: [UInt8](blob)),
            let name = row["state"] as String?, let state = State(rawValue: name)
        else { return nil }
        let number: Int64 = row["number"]
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
