import DuctusAdaptation
import DuctusRecognition
import DuctusStreaming
import Synchronization

/// Corrections in a cell's database.
///
/// Guarantees, besides those of `CorrectionJournal`
/// - Where a member of a cell writes, a correction is inserted only while the slot of its writer is this member's, of the same epoch: the
///   statement itself asks, and holds the slot until it is committed.
/// - It tells of, and trains, the scopes of the member's own slots alone; everyone's belong to slot 0.
/// - What was erased is gone from the tables when the erasure returns, and is overwritten by the server's vacuum; archived write-ahead logs
///   keep it for as long as they are kept.
public final class PostgreSQLCorrectionJournal: CorrectionJournal {
    let database: PostgreSQLDatabase
    private let training: PostgreSQLDatabase
    let pipeline: String
    let ownership: (any SlotOwnership)?
    private let remark: @Sendable (String) -> Void
    private let unreadable = Mutex<Set<Int64>>([])
    private let isClosed = Mutex(false)

    /// - Parameters:
    ///   - training: the same database over another connection, for what a training asks: it gives way to everything else on its
    ///     machine, and no correction must wait until it has read its lines. Nil: the first one.
    ///   - pipeline: the pipeline whose corrections are kept; all daemons of a cell give it the same name.
    ///   - ownership: the slots of this member; nil where nobody else writes.
    ///   - remark: called with messages for an operator.
    public init(
        in database: PostgreSQLDatabase, training: PostgreSQLDatabase? = nil, pipeline: String,
        ownership: (any SlotOwnership)? = nil, remark: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.database = database
        self.training = training ?? database
        self.pipeline = pipeline
        self.ownership = ownership
        self.remark = remark
    }

    public func fault() -> JournalError? {
        do throws(JournalError) {
            try ask { try $0.query("SELECT 1") { _ in } }
            return nil
        } catch {
            return error
        }
    }

    public func close() { isClosed.withLock { $0 = true } }

    /// Runs a transaction; what goes wrong is the journal's fault.
    @discardableResult
    func ask<Value>(
        _ database: PostgreSQLDatabase? = nil, _ body: (PostgreSQLSession) throws -> Value
    ) throws(JournalError) -> Value {
        guard !isClosed.withLock({ $0 }) else { throw .unavailable(reason: "the journal is closed") }
        do {
            return try (database ?? self.database).transact(body)
        } catch DatabaseFault.fenced(let claim) {
            if let claim { ownership?.lost(claim) }
            throw .notOwner(reason: "\(DatabaseFault.fenced(claim))")
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    public func add(_ correction: Correction, isDoubtful: Bool) throws(JournalError) -> JournaledCorrection {
        let slot = Slot(writer: correction.writer, stream: correction.stream)
        return try ask { session in
            let claim = try hold(slot, in: session)
            let known = try read(
                session, "SELECT \(Self.columns) FROM correction WHERE pipeline = $1 AND stream = $2 AND segment = $3",
                [.text(pipeline), .text(correction.stream), .bits(correction.segment)])
            let earlier = try session.query(
                "SELECT count(*) FROM correction WHERE pipeline = $1 AND writer IS NOT DISTINCT FROM $2 AND doubtful = $3",
                [.text(pipeline), .optional(correction.writer), .boolean(isDoubtful)]
            ) { $0.integer(0, 0) ?? 0 }
            let decision = JournalRules.decision(
                on: correction, isDoubtful: isDoubtful, known: known, earlier: Int(earlier))
            if !decision.superseded.isEmpty {
                try session.execute(
                    "UPDATE correction SET state = 'superseded' WHERE number = ANY ($1)",
                    [.numbers(decision.superseded)])
            }
            switch decision.entry {
            case .known(let entry): return entry
            case .renewed(let entry):
                try session.execute(
                    "UPDATE correction SET state = $2, doubtful = $3 WHERE number = $1",
                    [.bits(entry.number), .text(entry.state.rawValue), .boolean(isDoubtful)])
                return entry
            case .new(let state, let isHeldOut):
                let number = try insert(
                    correction, slot: slot, claim: claim, state: state, isHeldOut: isHeldOut, isDoubtful: isDoubtful,
                    in: session)
                return JournaledCorrection(
                    number: UInt64(number), correction: correction, state: state, isHeldOut: isHeldOut)
            }
        }
    }

    /// Holds the slot for this transaction.
    ///
    /// - Throws: `DatabaseFault.fenced` where it is another's.
    private func hold(_ slot: Slot, in session: PostgreSQLSession) throws -> SlotClaim? {
        guard let ownership else { return nil }
        guard let claim = ownership.claim(on: slot) else { throw DatabaseFault.fenced(nil) }
        let isHeld = try session.query(
            "SELECT 1 FROM slot WHERE number = $1 AND owner = $2 AND epoch = $3 FOR SHARE",
            [.integer(slot.number), .text(claim.owner), .integer(claim.epoch)]
        ) { $0.count == 1 }
        guard isHeld else { throw DatabaseFault.fenced(claim) }
        return claim
    }

    /// Inserts only while the claim holds: the statement asks itself, so that nothing depends on what came before it.
    private func insert(
        _ correction: Correction, slot: Slot, claim: SlotClaim?, state: JournaledCorrection.State, isHeldOut: Bool,
        isDoubtful: Bool, in session: PostgreSQLSession
    ) throws -> Int64 {
        let fence =
            claim == nil
            ? "WHERE $14::text IS NULL AND $15::bigint IS NULL"
            : "FROM slot WHERE slot.number = $2 AND slot.owner = $14 AND slot.epoch = $15 FOR SHARE OF slot"
        let number = try session.query(
            """
            INSERT INTO correction
                (pipeline, slot, stream, segment, text, writer, recognized, evidence, generation_writer, generation_number,
                 time, state, held_out, doubtful, owner, epoch)
            SELECT $1, $2::integer, $3, $4::bigint, $5, $6, $7, $8::bytea, $9, $10::bigint, $11::bigint, $12,
                   $13::boolean, $16::boolean, $14::text, $15::bigint \(fence)
            RETURNING number
            """,
            [
                .text(pipeline), .integer(slot.number), .text(correction.stream), .bits(correction.segment),
                .text(correction.text), .optional(correction.writer), .text(correction.recognized),
                .bytes(correction.evidence.blob), .optional(correction.generation.writer),
                .bits(correction.generation.number), .integer(correction.time), .text(state.rawValue),
                .boolean(isHeldOut), .optional(claim?.owner), claim.map { .integer($0.epoch) } ?? .null,
                .boolean(isDoubtful),
            ]
        ) { $0.count == 1 ? $0.integer(0, 0) : nil }
        guard let number else { throw DatabaseFault.fenced(claim) }
        return number
    }

    // MARK: What there is

    /// The states of what a training may use.
    private static let counting = "state NOT IN ('superseded', 'quarantined')"

    /// Whether the scope is this member's to train.
    private func isOwn(_ scope: Scope) -> Bool {
        guard let ownership else { return true }
        return ownership.claim(on: scope.slot) != nil
    }

    public func corrections(of scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection] {
        guard isOwn(scope) else { return [] }
        return try ask(training) { session in
            try read(
                session,
                "SELECT \(Self.columns) FROM correction WHERE pipeline = $1 AND ($2::text IS NULL OR writer = $2) AND \(Self.counting) ORDER BY number DESC LIMIT $3",
                [.text(pipeline), .optional(scope.writer), .integer(limit)]
            ).reversed()
        }
    }

    public func heldOut(
        of scope: Scope, before number: UInt64, limit: Int
    ) throws(JournalError) -> [JournaledCorrection] {
        try ask(training) { session in
            let numbers = try session.query(
                "SELECT number FROM correction WHERE pipeline = $1 AND ($2::text IS NULL OR writer = $2) AND held_out AND state = 'learned' AND number < $3 ORDER BY number",
                [.text(pipeline), .optional(scope.writer), .integer(Int64(clamping: number))]
            ) { rows in (0..<rows.count).compactMap { rows.integer($0, 0) } }
            return try read(
                session, "SELECT \(Self.columns) FROM correction WHERE number = ANY ($1) ORDER BY number",
                [.numbers(JournalRules.spread(numbers, limit))])
        }
    }

    public func entries(
        of owner: CorrectionOwner?, after number: UInt64, limit: Int
    ) throws(JournalError) -> [JournaledCorrection] {
        let condition = Self.condition(owner)
        return try ask { session in
            try read(
                session,
                "SELECT \(Self.columns) FROM correction WHERE pipeline = $1 AND number > $3 AND \(condition.sql) ORDER BY number LIMIT $4",
                [.text(pipeline), condition.value, .integer(Int64(clamping: number)), .integer(limit)])
        }
    }

    /// A condition on the second parameter.
    private static func condition(_ owner: CorrectionOwner?) -> (sql: String, value: SQLValue) {
        switch owner {
        case nil: ("$2::text IS NULL", .null)
        case .writer(let writer): ("writer = $2", .text(writer))
        case .nobody(let stream): ("writer IS NULL AND ($2::text IS NULL OR stream = $2)", .optional(stream))
        }
    }

    public func scopesWithPending() throws(JournalError) -> Set<Scope> {
        let found = try ask { session in
            try session.query(
                """
                SELECT DISTINCT writer FROM correction
                WHERE pipeline = $1 AND state = 'pending' AND
                    ($2::text IS NULL OR writer IS NULL OR slot IN (SELECT number FROM slot WHERE owner = $2))
                """, [.text(pipeline), .optional(ownership?.member)]
            ) { rows in Set((0..<rows.count).map { Scope(rows.text($0, 0)) }) }
        }
        return found.filter(isOwn)
    }

    public func mark(_ numbers: [UInt64], as state: JournaledCorrection.State) throws(JournalError) {
        try ask(training) {
            try $0.execute(
                "UPDATE correction SET state = $1 WHERE pipeline = $2 AND number = ANY ($3) AND \(Self.counting)",
                [.text(state.rawValue), .text(pipeline), .numbers(numbers)])
        }
    }

    // MARK: Trust

    public func release(_ numbers: [UInt64]) throws(JournalError) {
        try ask {
            try $0.execute(
                "UPDATE correction SET state = 'pending', doubtful = false WHERE pipeline = $1 AND number = ANY ($2) AND state = 'quarantined'",
                [.text(pipeline), .numbers(numbers)])
        }
    }

    public func standing(of source: CorrectionSource) throws(JournalError) -> SourceStanding {
        try ask { session in
            try session.query(
                "SELECT count(*), count(*) FILTER (WHERE doubtful) FROM correction WHERE pipeline = $1 AND writer IS NOT DISTINCT FROM $2 AND stream = $3 AND state <> 'superseded'",
                [.text(pipeline), .optional(source.writer), .text(source.stream)]
            ) { SourceStanding(corrections: Int($0.integer(0, 0) ?? 0), doubtful: Int($0.integer(0, 1) ?? 0)) }
        }
    }

    public func quarantine(_ source: CorrectionSource) throws(JournalError) {
        try ask {
            try $0.execute(
                "UPDATE correction SET state = 'quarantined' WHERE pipeline = $1 AND writer IS NOT DISTINCT FROM $2 AND stream = $3 AND state IN ('pending', 'rejected')",
                [.text(pipeline), .optional(source.writer), .text(source.stream)])
        }
    }

    public func quarantined(in scope: Scope, limit: Int) throws(JournalError) -> [JournaledCorrection] {
        try ask { session in
            try read(
                session,
                "SELECT \(Self.columns) FROM correction WHERE pipeline = $1 AND state = 'quarantined' AND ($2::text IS NULL OR writer = $2) ORDER BY number DESC LIMIT $3",
                [.text(pipeline), .optional(scope.writer), .integer(limit)]
            ).reversed()
        }
    }

    // MARK: Everyone

    public func countNewToEveryone() throws(JournalError) -> Int {
        guard isOwn(.shared) else { return 0 }
        return try ask { session in
            try session.query(
                "SELECT count(*) FROM correction WHERE pipeline = $1 AND NOT everyone AND \(Self.counting)",
                [.text(pipeline)]
            ) { Int($0.integer(0, 0) ?? 0) }
        }
    }

    public func markEveryone(upTo number: UInt64) throws(JournalError) {
        try ask(training) {
            try $0.execute(
                "UPDATE correction SET everyone = true WHERE pipeline = $1 AND NOT everyone AND number <= $2",
                [.text(pipeline), .integer(Int64(clamping: number))])
        }
    }

    public func setAside(_ scope: Scope) throws(JournalError) {
        try ask { session in
            try session.execute(
                "UPDATE correction SET state = 'rejected' WHERE pipeline = $1 AND state = 'pending' AND writer IS NOT DISTINCT FROM $2",
                [.text(pipeline), .optional(scope.writer)])
            if scope == .shared {
                try session.execute("UPDATE correction SET everyone = true WHERE pipeline = $1", [.text(pipeline)])
            }
        }
    }

    public func count() throws(JournalError) -> Int {
        try ask { session in
            try session.query("SELECT count(*) FROM correction WHERE pipeline = $1", [.text(pipeline)]) {
                Int($0.integer(0, 0) ?? 0)
            }
        }
    }

    public func erase(_ owner: CorrectionOwner) throws(JournalError) -> [UInt64] {
        let condition = Self.condition(owner)
        return try erase(condition.sql, condition.value)
    }

    @discardableResult
    public func erase(before time: Int64) throws(JournalError) -> [UInt64] {
        try erase("time < $2", .integer(time))
    }

    private func erase(_ condition: String, _ value: SQLValue) throws(JournalError) -> [UInt64] {
        let gone = try ask { session in
            try session.query(
                "DELETE FROM correction WHERE pipeline = $1 AND \(condition) RETURNING number",
                [.text(pipeline), value]
            ) { rows in (0..<rows.count).compactMap { rows.integer($0, 0).map(UInt64.init) }.sorted() }
        }
        // A vacuum that is impossible now is done later by the server itself.
        if !gone.isEmpty { try? database.perform("VACUUM correction") }
        return gone
    }

    // MARK: Rows

    private static let columns =
        "number, stream, segment, writer, text, recognized, evidence, generation_writer, generation_number, time, state, held_out"

    /// The corrections of a query; a row that cannot be read back is left out.
    private func read(
        _ session: PostgreSQLSession, _ sql: String, _ parameters: [SQLValue]
    ) throws -> [JournaledCorrection] {
        try session.query(sql, parameters) { rows in
            (0..<rows.count).compactMap { row in
                if let correction = JournaledCorrection(rows, row) { return correction }
                let number = rows.integer(row, 0) ?? 0
                if unreadable.withLock({ $0.insert(number).inserted }) {
                    remark("correction \(number) cannot be read back, and is left out")
                }
                return nil
            }
        }
    }
}

extension Scope {
    /// The slot of the source's writer, or the shared one.
    var slot: Slot { writer.map { Slot(of: $0) } ?? .shared }
}

extension JournaledCorrection {
    /// Nil for a row that this program did not write.
    fileprivate init?(_ rows: SQLRows, _ row: Int) {
        guard let number = rows.integer(row, 0), let stream = rows.text(row, 1), let segment = rows.integer(row, 2),
            let text = rows.text(row, 4), let recognized = rows.text(row, 5), let blob = rows.bytes(row, 6),
            let evidence = Evidence(blob: blob), let generation = rows.integer(row, 8), let time = rows.integer(row, 9),
            let state = rows.text(row, 10).flatMap(State.init)
        else { return nil }
        self.init(
            number: UInt64(bitPattern: number),
            correction: Correction(
                stream: stream, segment: UInt64(bitPattern: segment), writer: rows.text(row, 3), evidence: evidence,
                text: text, recognized: recognized,
                generation: GenerationName(writer: rows.text(row, 7), number: UInt64(bitPattern: generation)),
                time: time),
            state: state, isHeldOut: rows.boolean(row, 11))
    }
}
