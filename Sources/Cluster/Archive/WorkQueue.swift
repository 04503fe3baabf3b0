/// Pages to be read by whoever comes for them, kept in a cell's database with what was read.
///
/// Guarantees
/// - A page is done once: its result is stored by the statement that marks it done, and only for the worker whose page it still is.
/// - A worker that dies loses its page to the next one, once its lease is over; a page that has outlived three workers is set aside, with
///   the reason, and so is one that cannot be read.
public final class WorkQueue: Sendable {
    /// A page that a worker has taken.
    public struct Item: Sendable, Equatable {
        /// The page's number within the job.
        public var number: Int
        /// The page's name, as it was added.
        public var page: String
        /// Which try it is, from 1.
        public var attempt: Int
    }

    /// Pages of a job, by their state.
    public struct Figures: Sendable, Equatable {
        /// Pages that nobody has taken.
        public var open = 0
        /// Pages that a worker reads now.
        public var taken = 0
        /// Pages that were read.
        public var done = 0
        /// Pages that were set aside, with a reason.
        public var aside = 0

        /// All pages of the job.
        public var total: Int { open + taken + done + aside }
    }

    /// Workers that a page may outlive.
    public static let attempts = 3

    /// The job's name, unique in the database.
    public let job: String
    private let database: PostgreSQLDatabase

    /// The queue of a job. Nothing is read or written yet.
    public init(_ job: String, in database: PostgreSQLDatabase) {
        self.job = job
        self.database = database
    }

    /// Adds pages behind those that are there already; the same page is not added twice.
    ///
    /// - Returns: how many are new.
    public func add(_ pages: [String]) throws -> Int {
        try database.transact { session in
            try session.query("SELECT pg_advisory_xact_lock(hashtext($1))", [.text("ductus work " + job)]) { _ in }
            var next = try session.query(
                "SELECT coalesce(max(number), -1) + 1 FROM work WHERE job = $1", [.text(job)]
            ) { $0.integer(0, 0) ?? 0 }
            var count = 0
            for page in pages {
                let added = try session.execute(
                    "INSERT INTO work (job, number, page) SELECT $1, $2::integer, $3 WHERE NOT EXISTS (SELECT 1 FROM work WHERE job = $1 AND page = $3)",
                    [.text(job), .integer(next), .text(page)])
                count += added
                next += Int64(added)
            }
            return count
        }
    }

    /// Takes the next page, for `seconds` unless the lease is renewed.
    ///
    /// - Returns: nil where none is left to take at present.
    public func take(for worker: String, seconds: Double) throws -> Item? {
        try database.transact { session in
            try session.execute(
                """
                UPDATE work SET state = 'aside', lease = NULL, reason = format('ended its worker %s times, last %s', attempts, worker)
                WHERE job = $1 AND state = 'taken' AND lease < clock_timestamp() AND attempts >= $2::integer
                """, [.text(job), .integer(Self.attempts)])
            return try session.query(
                """
                UPDATE work SET state = 'taken', attempts = attempts + 1, worker = $2,
                    lease = clock_timestamp() + $3::double precision * interval '1 second'
                WHERE job = $1 AND number = (
                    SELECT number FROM work
                    WHERE job = $1 AND (state = 'open' OR (state = 'taken' AND lease < clock_timestamp()))
                    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
                RETURNING number, page, attempts
                """, [.text(job), .text(worker), .text("\(seconds)")]
            ) { rows in
                guard rows.count == 1 else { return nil }
                return Item(
                    number: Int(rows.integer(0, 0) ?? 0), page: rows.text(0, 1) ?? "",
                    attempt: Int(rows.integer(0, 2) ?? 0))
            }
        }
    }

    /// The worker still reads its page.
    ///
    /// - Returns: false where it is somebody else's by now.
    public func renew(_ item: Item, for worker: String, seconds: Double) throws -> Bool {
        try database.transact {
            try $0.execute(
                """
                UPDATE work SET lease = clock_timestamp() + $4::double precision * interval '1 second'
                WHERE job = $1 AND number = $2 AND worker = $3 AND state = 'taken'
                """, [.text(job), .integer(item.number), .text(worker), .text("\(seconds)")]) == 1
        }
    }

    /// Stores the reading of a page and marks the page done, in one transaction.
    ///
    /// - Returns: false if another worker has taken the page over; then nothing is stored.
    public func finish(_ item: Item, for worker: String, result: [UInt8]) throws -> Bool {
        try database.transact {
            // The second condition: a commit whose answer was lost is asked for again.
            try $0.execute(
                """
                UPDATE work SET state = 'done', lease = NULL, result = $4::bytea
                WHERE job = $1 AND number = $2 AND worker = $3 AND (state = 'taken' OR (state = 'done' AND result = $4::bytea))
                """, [.text(job), .integer(item.number), .text(worker), .bytes(result)]) == 1
        }
    }

    /// The page cannot be read, and why.
    public func setAside(_ item: Item, for worker: String, because reason: String) throws {
        _ = try database.transact {
            try $0.execute(
                "UPDATE work SET state = 'aside', lease = NULL, reason = $4 WHERE job = $1 AND number = $2 AND worker = $3 AND state = 'taken'",
                [.text(job), .integer(item.number), .text(worker), .text(reason)])
        }
    }

    /// Pages that were set aside are open again.
    ///
    /// - Returns: how many.
    public func retry() throws -> Int {
        try database.transact {
            try $0.execute(
                "UPDATE work SET state = 'open', attempts = 0, reason = NULL, worker = NULL WHERE job = $1 AND state = 'aside'",
                [.text(job)])
        }
    }

    /// Counts the job's pages.
    public func figures() throws -> Figures {
        try database.transact { session in
            try session.query("SELECT state, count(*) FROM work WHERE job = $1 GROUP BY state", [.text(job)]) { rows in
                var figures = Figures()
                for row in 0..<rows.count {
                    let count = Int(rows.integer(row, 1) ?? 0)
                    switch rows.text(row, 0) {
                    case "open": figures.open = count
                    case "taken": figures.taken = count
                    case "done": figures.done = count
                    default: figures.aside += count
                    }
                }
                return figures
            }
        }
    }

    /// Pages that were set aside, and why.
    public func aside() throws -> [(page: String, reason: String)] {
        try database.transact { session in
            try session.query(
                "SELECT page, reason FROM work WHERE job = $1 AND state = 'aside' ORDER BY number", [.text(job)]
            ) { rows in (0..<rows.count).map { (page: rows.text($0, 0) ?? "", reason: rows.text($0, 1) ?? "") } }
        }
    }

    /// Readings of pages, in the order in which the pages were added.
    ///
    /// - Parameters:
    ///   - number: only of pages after this one.
    ///   - limit: of so many at most.
    public func results(after number: Int, limit: Int) throws -> [(number: Int, result: [UInt8])] {
        try database.transact { session in
            try session.query(
                "SELECT number, result FROM work WHERE job = $1 AND state = 'done' AND number > $2 ORDER BY number LIMIT $3",
                [.text(job), .integer(number), .integer(limit)]
            ) { rows in
                (0..<rows.count).map { (number: Int(rows.integer($0, 0) ?? 0), result: rows.bytes($0, 1) ?? []) }
            }
        }
    }
}
