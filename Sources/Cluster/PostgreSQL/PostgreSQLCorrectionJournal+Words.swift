import DuctusAdaptation
import DuctusStreaming

extension PostgreSQLCorrectionJournal: WordStore {
    public func words(of writer: String) throws(JournalError) -> [PersonalWord] {
        try ask { session in
            try session.query(
                "SELECT word, time FROM word WHERE pipeline = $1 AND writer = $2 ORDER BY time DESC, word COLLATE \"C\"",
                [.text(pipeline), .text(writer)]
            ) { rows in
                (0..<rows.count).map { PersonalWord(rows.text($0, 0) ?? "", time: rows.integer($0, 1) ?? 0) }
            }
        }
    }

    /// The writers with words, of the member's own slots.
    public func writersWithWords() throws(JournalError) -> [String] {
        try ask { session in
            try session.query(
                """
                SELECT writer FROM (SELECT DISTINCT writer FROM word WHERE pipeline = $1 AND
                    ($2::text IS NULL OR slot IN (SELECT number FROM slot WHERE owner = $2))) writers
                ORDER BY writer COLLATE "C"
                """, [.text(pipeline), .optional(ownership?.member)]
            ) { rows in (0..<rows.count).compactMap { rows.text($0, 0) } }
        }
    }

    public func add(_ words: [PersonalWord], from source: CorrectionSource) throws(JournalError) {
        guard let writer = source.writer else { return }
        try ask { session in
            for word in words {
                try session.execute(
                    """
                    INSERT INTO word (pipeline, slot, writer, word, stream, time)
                    VALUES ($1, $2::integer, $3, $4, $5, $6::bigint)
                    ON CONFLICT (pipeline, writer, word) DO UPDATE SET stream = excluded.stream, time = excluded.time
                    """,
                    [
                        .text(pipeline), .integer(Slot(of: writer).number), .text(writer), .text(word.text),
                        .text(source.stream), .integer(word.time),
                    ])
            }
            try session.execute(
                """
                DELETE FROM word WHERE pipeline = $1 AND writer = $2 AND word NOT IN
                    (SELECT word FROM word WHERE pipeline = $1 AND writer = $2
                     ORDER BY time DESC, word COLLATE "C" LIMIT $3)
                """, [.text(pipeline), .text(writer), .integer(PersonalWords.limit)])
        }
    }

    public func forget(_ words: [String]?, of writer: String) throws(JournalError) -> Int {
        try ask { session in
            guard let words else {
                return try session.execute(
                    "DELETE FROM word WHERE pipeline = $1 AND writer = $2", [.text(pipeline), .text(writer)])
            }
            var count = 0
            for word in words {
                count += try session.execute(
                    "DELETE FROM word WHERE pipeline = $1 AND writer = $2 AND word = $3",
                    [.text(pipeline), .text(writer), .text(word)])
            }
            return count
        }
    }

    public func forget(from source: CorrectionSource) throws(JournalError) {
        guard let writer = source.writer else { return }
        try ask {
            try $0.execute(
                "DELETE FROM word WHERE pipeline = $1 AND writer = $2 AND stream = $3",
                [.text(pipeline), .text(writer), .text(source.stream)])
        }
    }

    public func forgetWords(before time: Int64) throws(JournalError) {
        try ask {
            try $0.execute(
                "DELETE FROM word WHERE pipeline = $1 AND time < $2", [.text(pipeline), .integer(time)])
        }
    }
}
