import DuctusAdaptation
import DuctusNetwork
import DuctusRecognition
import DuctusStreaming
import Foundation
import Synchronization

/// Generations in a cell's database: a cache of what the corrections there teach, fetched by the daemon that a writer's pen comes to.
///
/// Guarantees, besides those of `GenerationArchive`
/// - Where a member of a cell promotes, the slot of the scope must be this member's at that moment, of the same epoch; else the training
///   was overtaken.
/// - `serving` tells of the member's own slots, and of everyone's.
public final class PostgreSQLGenerationArchive: GenerationArchive {
    private let database: PostgreSQLDatabase
    private let reading: PostgreSQLDatabase
    private let training: PostgreSQLDatabase
    private let pipeline: String
    private let ownership: (any SlotOwnership)?
    private let kept: Mutex<Int>

    /// - Parameters:
    ///   - reading: the same database over another connection, by which generations are read: a writer who comes must not wait for
    ///     corrections and trainings. Nil: the first one.
    ///   - training: the same over one more, by which trainings keep what they have learned. Nil: the first one.
    ///   - pipeline: the pipeline whose generations are kept; all daemons of a cell give it the same name.
    ///   - keeping: generations of the shared scope that are kept, besides the base.
    ///   - ownership: the slots of this member; nil where nobody else writes.
    public init(
        in database: PostgreSQLDatabase, reading: PostgreSQLDatabase? = nil, training: PostgreSQLDatabase? = nil,
        pipeline: String, keeping: Int, ownership: (any SlotOwnership)? = nil
    ) {
        self.database = database
        self.reading = reading ?? database
        self.training = training ?? database
        self.pipeline = pipeline
        self.ownership = ownership
        kept = Mutex(max(1, keeping))
    }

    public func keep(_ count: Int) { kept.withLock { $0 = max(1, count) } }

    private func ask<Value>(
        _ database: PostgreSQLDatabase? = nil, _ body: (PostgreSQLSession) throws -> Value
    ) throws(GenerationError) -> Value {
        do {
            return try (database ?? self.database).transact(body)
        } catch let error as GenerationError {
            throw error
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    /// Asks for what there is, in one statement.
    private func read<Value>(_ body: (PostgreSQLSession) throws -> Value) throws(GenerationError) -> Value {
        do {
            return try reading.transact(isOneQuery: true, body)
        } catch let error as GenerationError {
            throw error
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    // MARK: What there is

    public func serving() throws(GenerationError) -> [Scope: UInt64] {
        try read { session in
            try session.query(
                """
                SELECT writer, current FROM scope WHERE pipeline = $1 AND has_generations AND
                    ($2::text IS NULL OR writer = '' OR slot IN (SELECT number FROM slot WHERE owner = $2))
                """, [.text(pipeline), .optional(ownership?.member)]
            ) { rows in
                var serving: [Scope: UInt64] = [:]
                for row in 0..<rows.count {
                    let writer = rows.text(row, 0) ?? ""
                    serving[writer.isEmpty ? .shared : .writer(writer)] = UInt64(rows.integer(row, 1) ?? 0)
                }
                return serving
            }
        }
    }

    public func current(of scope: Scope) throws(GenerationError) -> UInt64 {
        try read { session in
            try session.query(
                "SELECT current FROM scope WHERE pipeline = $1 AND writer = $2", [.text(pipeline), .text(scope.key)]
            ) { $0.count == 1 ? UInt64($0.integer(0, 0) ?? 0) : 0 }
        }
    }

    public func interventions(in scope: Scope) throws(GenerationError) -> Int {
        try read { session in
            try session.query(
                "SELECT interventions FROM scope WHERE pipeline = $1 AND writer = $2",
                [.text(pipeline), .text(scope.key)]
            ) { $0.count == 1 ? Int($0.integer(0, 0) ?? 0) : 0 }
        }
    }

    public func intervene(in scope: Scope) throws(GenerationError) {
        try ask { try intervene(in: scope, $0) }
    }

    private func intervene(in scope: Scope, _ session: PostgreSQLSession) throws {
        try session.execute(
            """
            INSERT INTO scope (pipeline, writer, slot, interventions) VALUES ($1, $2, $3::integer, 1)
            ON CONFLICT (pipeline, writer) DO UPDATE SET interventions = scope.interventions + 1
            """, [.text(pipeline), .text(scope.key), .integer(scope.slot.number)])
    }

    public func records(of scope: Scope) throws(GenerationError) -> [GenerationRecord] {
        try read { session in
            try session.query(
                "SELECT record FROM generation WHERE pipeline = $1 AND writer = $2 ORDER BY number",
                [.text(pipeline), .text(scope.key)]
            ) { rows in (0..<rows.count).compactMap { Self.record(rows.text($0, 0)) } }
        }
    }

    public func record(of name: GenerationName) throws(GenerationError) -> GenerationRecord {
        try read { try record(of: name, $0) }
    }

    private func record(of name: GenerationName, _ session: PostgreSQLSession) throws -> GenerationRecord {
        try session.query(
            "SELECT record FROM generation WHERE pipeline = $1 AND writer = $2 AND number = $3",
            [.text(pipeline), .text(name.writer ?? ""), .bits(name.number)]
        ) { rows in
            guard rows.count == 1 else { throw GenerationError.unknown(name) }
            guard let record = Self.record(rows.text(0, 0)) else { throw GenerationError.damaged(path: "\(name)") }
            return record
        }
    }

    private static func record(_ json: String?) -> GenerationRecord? {
        json.flatMap { try? JSONDecoder().decode(GenerationRecord.self, from: Data($0.utf8)) }
    }

    public func currentFile(of scope: Scope) throws(GenerationError) -> GenerationFile? {
        let found = try read { session in
            try session.query(
                """
                SELECT scope.current, generation.file FROM scope LEFT JOIN generation
                    ON generation.pipeline = scope.pipeline AND generation.writer = scope.writer AND generation.number = scope.current
                WHERE scope.pipeline = $1 AND scope.writer = $2 AND scope.current > 0
                """, [.text(pipeline), .text(scope.key)]
            ) { $0.count == 1 ? (number: UInt64($0.integer(0, 0) ?? 0), bytes: $0.bytes(0, 1)) : nil }
        }
        guard let found else { return nil }
        let name = GenerationName(writer: scope.writer, number: found.number)
        guard let bytes = found.bytes else { throw .unknown(name) }
        return try GenerationFile(Data(bytes), path: "\(name)")
    }

    public func file(of name: GenerationName) throws(GenerationError) -> GenerationFile {
        let bytes = try read { session in
            try session.query(
                "SELECT file FROM generation WHERE pipeline = $1 AND writer = $2 AND number = $3",
                [.text(pipeline), .text(name.writer ?? ""), .bits(name.number)]
            ) { rows in
                guard rows.count == 1 else { throw GenerationError.unknown(name) }
                return rows.bytes(0, 0) ?? []
            }
        }
        return try GenerationFile(Data(bytes), path: "\(name)")
    }

    public func base(_ hash: String) throws(GenerationError) -> WeightFile {
        let bytes = try read { session in
            try session.query("SELECT file FROM base WHERE hash = $1", [.text(hash)]) { rows in
                guard rows.count == 1 else { throw GenerationError.damaged(path: "base \(hash)") }
                return rows.bytes(0, 0) ?? []
            }
        }
        do {
            return try WeightFile(Safetensors(bytes: bytes))
        } catch {
            throw .damaged(path: "base \(hash)")
        }
    }

    // MARK: Changes

    public func promote(
        _ candidate: GenerationCandidate, over base: BaseModel, interventions: Int?
    ) throws(GenerationError) -> GenerationRecord {
        let scope = candidate.scope
        return try ask(training) { session in
            try self.hold(scope, session)
            try session.execute(
                "INSERT INTO scope (pipeline, writer, slot) VALUES ($1, $2, $3::integer) ON CONFLICT DO NOTHING",
                [.text(pipeline), .text(scope.key), .integer(scope.slot.number)])
            // From here on other promotions of the scope wait.
            let (latest, decided) = try session.query(
                "SELECT latest, interventions FROM scope WHERE pipeline = $1 AND writer = $2 FOR UPDATE",
                [.text(pipeline), .text(scope.key)]
            ) { ($0.integer(0, 0) ?? 0, Int($0.integer(0, 1) ?? 0)) }
            if let interventions, interventions != decided { throw GenerationError.overtaken(scope) }
            try keep(base, session)
            let record = candidate.record(number: UInt64(latest) + 1, over: base)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try session.execute(
                "INSERT INTO generation (pipeline, writer, number, record, file) VALUES ($1, $2, $3::bigint, $4, $5::bytea)",
                [
                    .text(pipeline), .text(scope.key), .bits(record.name.number),
                    .text(String(decoding: try encoder.encode(record), as: UTF8.self)),
                    .bytes([UInt8](try candidate.file(record, over: base).encoded())),
                ])
            try session.execute(
                "UPDATE scope SET current = $3::bigint, latest = $3::bigint, has_generations = true WHERE pipeline = $1 AND writer = $2",
                [.text(pipeline), .text(scope.key), .bits(record.name.number)])
            let count = scope == .shared ? kept.withLock { $0 } : Self.keptOfWriter
            try session.execute(
                """
                DELETE FROM generation WHERE pipeline = $1 AND writer = $2 AND number NOT IN
                    (SELECT number FROM generation WHERE pipeline = $1 AND writer = $2 ORDER BY number DESC LIMIT $3)
                """, [.text(pipeline), .text(scope.key), .integer(count)])
            return record
        }
    }

    /// Keeps a copy of the base, which generations are differences from.
    private func keep(_ base: BaseModel, _ session: PostgreSQLSession) throws {
        let isKept = try session.query("SELECT 1 FROM base WHERE hash = $1", [.text(base.hash)]) { $0.count == 1 }
        guard !isKept else { return }
        var file = try base.model.weightFile()
        file.extras = file.extras.filter { $0.key.hasPrefix("features.") }
        try session.execute(
            "INSERT INTO base (hash, file) VALUES ($1, $2::bytea) ON CONFLICT DO NOTHING",
            [.text(base.hash), .bytes([UInt8](try file.contents().encoded()))])
    }

    /// Holds the scope's slot for this transaction; whoever lost it was overtaken.
    private func hold(_ scope: Scope, _ session: PostgreSQLSession) throws {
        guard let ownership else { return }
        guard let claim = ownership.claim(on: scope.slot) else { throw GenerationError.overtaken(scope) }
        let isHeld = try session.query(
            "SELECT 1 FROM slot WHERE number = $1 AND owner = $2 AND epoch = $3 FOR SHARE",
            [.integer(claim.slot.number), .text(claim.owner), .integer(claim.epoch)]
        ) { $0.count == 1 }
        guard isHeld else {
            ownership.lost(claim)
            throw GenerationError.overtaken(scope)
        }
    }

    public func rollback(to name: GenerationName) throws(GenerationError) -> GenerationName {
        let scope = Scope(name.writer)
        return try ask { session in
            if name.number > 0 { _ = try self.record(of: name, session) }
            let current = try session.query(
                "SELECT current FROM scope WHERE pipeline = $1 AND writer = $2 AND has_generations FOR UPDATE",
                [.text(pipeline), .text(scope.key)]
            ) { $0.count == 1 ? $0.integer(0, 0) : nil }
            guard current != nil || scope == .shared else { throw GenerationError.unknown(name) }
            try intervene(in: scope, session)
            try session.execute(
                "UPDATE scope SET current = $3::bigint WHERE pipeline = $1 AND writer = $2",
                [.text(pipeline), .text(scope.key), .bits(name.number)])
            return GenerationName(writer: name.writer, number: UInt64(current ?? 0))
        }
    }

    public func erase(writer: String) throws(GenerationError) {
        try ask { session in
            for scope in [Scope.shared, .writer(writer)] { try intervene(in: scope, session) }
            try session.execute(
                "DELETE FROM generation WHERE pipeline = $1 AND writer = $2", [.text(pipeline), .text(writer)])
            // The row stays, without anything learned: its count of interventions tells a training that runs now.
            try session.execute(
                "UPDATE scope SET current = 0, has_generations = false WHERE pipeline = $1 AND writer = $2",
                [.text(pipeline), .text(writer)])
        }
    }
}

extension Scope {
    /// The name in the tables; no writer has an empty name.
    var key: String { writer ?? "" }
}
