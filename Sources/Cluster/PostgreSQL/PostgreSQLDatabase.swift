import DuctusStreaming
import Foundation
import Glibc

/// A cell's database, over one connection that is made when it is needed, and anew after it broke.
///
/// Guarantees
/// - What `transact` returned from is committed, on the synchronous standby too where there is one.
/// - No call waits longer than connecting and one statement may take; then it throws `DatabaseFault.unreachable`, and the next call tries
///   again.
///
/// Unchecked, because everything that changes is used with `lock` held.
public final class PostgreSQLDatabase: @unchecked Sendable {
    /// Counts and times of its statements.
    public struct Figures: Sendable {
        /// Transactions that failed.
        public var failures: UInt64 = 0
        /// Time of each transaction that was committed, µs.
        public var latency = LatencyHistogram()
        /// Writes that were refused because the slot was another's.
        public var fenced: UInt64 = 0
    }

    /// Seconds for a server to answer, milliseconds for a statement.
    private static let patience = (connecting: 2, statement: 4_000)
    /// Milliseconds after which the server gives a statement up. A commit that is given up while it waits for the standby is reported as
    /// done (PostgreSQL's manual on synchronous_commit): nobody must be there any more to hear that.
    private static let serverPatience = 12_000
    /// Nanoseconds for which a server that did not answer is not asked again: many callers must not wait one after another.
    private static let pause: UInt64 = 500_000_000

    private let conninfo: String
    private let isSynchronous: Bool
    let schema: String
    private let lock = NSLock()
    private let figuresLock = NSLock()
    private var session: PostgreSQLSession?
    private var isPrepared = false
    private var lastFault: (fault: DatabaseFault, at: UInt64)?
    private var isClosed = false
    private var counted = Figures()

    /// Makes a database without connecting. The first transaction connects.
    ///
    /// - Parameters:
    ///   - conninfo: as libpq takes it: `postgresql://ductus@db1,db2/ductus`, or `host=… dbname=…`.
    ///   - schema: the schema of its tables, created if it is missing.
    ///   - isSynchronous: whether a commit waits for the synchronous standby. Decisions that can be made again, such as
    ///     the owners of slots, need not wait.
    public init(_ conninfo: String, schema: String = "ductus", isSynchronous: Bool = true) {
        self.conninfo = conninfo
        self.isSynchronous = isSynchronous
        self.schema = schema
    }

    /// The figures since the start.
    public var figures: Figures { figuresLock.withLock { counted } }

    /// Ends the connection. Nothing can be asked afterwards.
    public func close() {
        lock.withLock {
            isClosed = true
            session = nil
        }
    }

    /// Runs `body` in a transaction, and a second time where the connection broke: so it must be such that twice is as good as once.
    ///
    /// - Parameter isOneQuery: whether the body is one statement that only reads. Then nothing is sent but that.
    /// - Throws: `DatabaseFault`, or what `body` throws; then nothing is changed.
    func transact<Value>(isOneQuery: Bool = false, _ body: (PostgreSQLSession) throws -> Value) throws -> Value {
        try lock.withLock {
            var isSecond = false
            while true {
                let began = Self.now
                do {
                    let session = try prepared()
                    let value = isOneQuery ? try body(session) : try Self.transact(in: session, body)
                    count(since: began)
                    return value
                } catch {
                    count(failure: error)
                    if session?.isBroken == true { session = nil }
                    guard !isSecond, !isClosed, let fault = error as? DatabaseFault, fault.isOfConnection else {
                        throw error
                    }
                    // On a standby that is no primary any more nothing can be written.
                    session = nil
                    isSecond = true
                }
            }
        }
    }

    private static func transact<Value>(
        in session: PostgreSQLSession, _ body: (PostgreSQLSession) throws -> Value
    ) throws -> Value {
        try session.script("BEGIN")
        do {
            let value = try body(session)
            try session.script("COMMIT")
            return value
        } catch {
            try? session.script("ROLLBACK")
            throw error
        }
    }

    /// Why nothing can be asked at present; nil where it answers.
    public func fault() -> DatabaseFault? {
        do {
            try transact(isOneQuery: true) { try $0.query("SELECT 1") { _ in } }
            return nil
        } catch {
            return error as? DatabaseFault ?? .unreachable(reason: "\(error)")
        }
    }

    /// Runs what cannot stand in a transaction.
    func perform(_ sql: String) throws {
        try lock.withLock { try prepared().script(sql) }
    }

    /// Monotonic nanoseconds.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func prepared() throws(DatabaseFault) -> PostgreSQLSession {
        guard !isClosed else { throw .unreachable(reason: "it is closed") }
        if let session, !session.isBroken { return session }
        session = nil
        if let lastFault, Self.now - lastFault.at < Self.pause { throw lastFault.fault }
        do throws(DatabaseFault) {
            let made = try PostgreSQLSession(
                conninfo, seconds: Self.patience.connecting, patience: Self.patience.statement)
            if !isPrepared {
                try DatabaseSchema.prepare(schema, in: made)
                isPrepared = true
            }
            try made.script(
                "SET search_path TO \(DatabaseSchema.quoted(schema)); SET synchronous_commit TO \(isSynchronous ? "on" : "local"); SET client_encoding TO 'UTF8'; SET statement_timeout TO \(Self.serverPatience); SET idle_in_transaction_session_timeout TO \(Self.patience.statement)"
            )
            lastFault = nil
            session = made
            return made
        } catch {
            lastFault = (error, Self.now)
            throw error
        }
    }

    private func count(since began: UInt64) {
        let elapsed = Int64((Self.now - began) / 1000)
        figuresLock.withLock { counted.latency.add(elapsed) }
    }

    private func count(failure: any Error) {
        figuresLock.withLock {
            if case DatabaseFault.fenced = failure { counted.fenced += 1 } else { counted.failures += 1 }
        }
    }
}
