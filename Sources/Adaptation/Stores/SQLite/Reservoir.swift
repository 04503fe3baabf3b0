import DuctusRecognition
import DuctusRandomness
import Foundation
import GRDB
import Synchronization

/// A sample of this machine's confident finals that nobody corrected. The shared weights rehearse some of them, and
/// others are their canary.
///
/// It keeps people's handwriting, so an operator opts in; `remove(at:)` is for one who opts out again.
///
/// Guarantees
/// - At most `capacity` lines. A new one takes the place of any other with equal probability, so old ones fade out.
/// - Erased lines are overwritten in the file.
///
/// The newest lines may be lost in a power cut. Used from any thread.
public final class Reservoir: Sendable {
    private let database: EmbeddedDatabase
    private let capacity: Int
    private let random: Mutex<SplitMix64>

    /// The interval, in confident finals, at which one is taken in after the reservoir is full. So a day's writing does
    /// not push out a year's.
    private static let period = 8

    /// Opens nothing yet: the first use does, and begins a reservoir where there is none.
    public init(
        at url: URL, capacity: Int = 256, seed: UInt64 = 1, in directory: StateDirectory? = nil,
        remark: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.capacity = max(1, capacity)
        random = Mutex(SplitMix64(seed: seed))
        var migrator = DatabaseMigrator()
        migrator.registerMigration("lines") { database in
            try database.execute(
                sql: """
                    CREATE TABLE line (
                        slot INTEGER PRIMARY KEY, stream TEXT NOT NULL, segment INTEGER NOT NULL, writer TEXT,
                        text TEXT NOT NULL, ink BLOB NOT NULL, time INTEGER NOT NULL
                    )
                    """)
        }
        database = EmbeddedDatabase(
            at: url, label: "reservoir", isDurable: false, migrator: migrator, in: directory, remark: remark)
    }

    /// Leaves one plain file behind. What comes afterwards throws.
    public func close() { database.close() }

    /// Removes a reservoir that is not open, if there is one.
    public static func remove(at url: URL) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: url.path + suffix) }
    }

    /// Takes a line in, or leaves it, by chance.
    ///
    /// - Parameter line: its text is what was read.
    public func offer(_ line: Correction) throws(JournalError) {
        try database.write { database in
            let isFull = try Int.fetchOne(database, sql: "SELECT count(*) FROM line") ?? 0 >= capacity
            let (isTaken, anySlot) = random.withLock { random in
                (!isFull || random.next() % UInt64(Self.period) == 0, Int(random.next() % UInt64(capacity)) + 1)
            }
            guard isTaken else { return }
            let slot =
                try isFull
                ? anySlot
                : Int.fetchOne(
                    database,
                    sql: """
                        SELECT min(free) FROM (SELECT 1 AS free UNION SELECT slot + 1 FROM line) WHERE free NOT IN (SELECT slot FROM line)
                        """)
            try database.execute(
                sql:
                    "INSERT OR REPLACE INTO line (slot, stream, segment, writer, text, ink, time) VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    slot, line.stream, Int64(bitPattern: line.segment), line.writer, line.text,
                    Data(line.evidence.blob), line.time,
                ])
        }
    }

    /// The lines in two halves that stay apart: those in even slots to train on, those in odd slots to measure on.
    public func lines() throws(JournalError) -> (rehearsal: [LabelledSegment], canary: [LabelledSegment]) {
        let lines = try database.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM line ORDER BY slot").compactMap {
                row -> (slot: Int, line: LabelledSegment)? in
                guard let evidence = Evidence(blob: [UInt8](row["ink"] as Data)) else { return nil }
                let id = "\(row["stream"] as String)/\(UInt64(bitPattern: row["segment"] as Int64))"
                return (row["slot"], LabelledSegment(id: id, text: row["text"], evidence: evidence))
            }
        }
        return (lines.filter { $0.slot % 2 == 0 }.map(\.line), lines.filter { $0.slot % 2 == 1 }.map(\.line))
    }

    /// A correction came: this was not read right.
    public func remove(stream: String, segment: UInt64) throws(JournalError) {
        try erase("stream = ? AND segment = ?", [stream, Int64(bitPattern: segment)])
    }

    /// Removes everything of an owner.
    public func erase(_ owner: CorrectionOwner) throws(JournalError) {
        switch owner {
        case .writer(let writer): try erase("writer = ?", [writer])
        case .nobody(nil): try erase("writer IS NULL", [])
        case .nobody(let stream?): try erase("writer IS NULL AND stream = ?", [stream])
        }
    }

    /// Removes what is older than `time`, unix µs.
    public func erase(before time: Int64) throws(JournalError) { try erase("time < ?", [time]) }

    private func erase(_ condition: String, _ arguments: StatementArguments) throws(JournalError) {
        let count = try database.write { database in
            try database.execute(sql: "DELETE FROM line WHERE \(condition)", arguments: arguments)
            return database.changesCount
        }
        if count > 0 { try database.forgetDeleted() }
    }
}
