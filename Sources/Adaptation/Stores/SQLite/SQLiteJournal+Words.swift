import GRDB

extension SQLiteJournal: WordStore {
    static func registerWords(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("words") { database in
            try database.execute(
                sql: """
                    CREATE TABLE word (
                        writer TEXT NOT NULL, word TEXT NOT NULL, stream TEXT NOT NULL, time INTEGER NOT NULL,
                        PRIMARY KEY (writer, word)
                    )
                    """)
        }
    }

    public func words(of writer: String) throws(JournalError) -> [PersonalWord] {
        try database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT word, time FROM word WHERE writer = ? ORDER BY time DESC, word",
                arguments: [writer]
            ).map { PersonalWord($0[0], time: $0[1]) }
        }
    }

    public func writersWithWords() throws(JournalError) -> [String] {
        try database.read { try String.fetchAll($0, sql: "SELECT DISTINCT writer FROM word ORDER BY writer") }
    }

    public func add(_ words: [PersonalWord], from source: CorrectionSource) throws(JournalError) {
        guard let writer = source.writer else { return }
        try database.write { database in
            for word in words {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO word (writer, word, stream, time) VALUES (?, ?, ?, ?)",
                    arguments: [writer, word.text, source.stream, word.time])
            }
            try database.execute(
                sql: """
                    DELETE FROM word WHERE writer = ? AND word NOT IN
                        (SELECT word FROM word WHERE writer = ? ORDER BY time DESC, word LIMIT ?)
                    """,
                arguments: [writer, writer, PersonalWords.limit])
        }
    }

    public func forget(_ words: [String]?, of writer: String) throws(JournalError) -> Int {
        guard let words else { return try forgetWords(where: "writer = ?", [writer]) }
        var count = 0
        for word in words { count += try forgetWords(where: "writer = ? AND word = ?", [writer, word]) }
        return count
    }

    public func forget(from source: CorrectionSource) throws(JournalError) {
        _ = try forgetWords(where: "writer = ? AND stream = ?", [source.writer, source.stream])
    }

    public func forgetWords(before time: Int64) throws(JournalError) {
        _ = try forgetWords(where: "time < ?", [time])
    }

    private func forgetWords(where condition: String, _ arguments: StatementArguments) throws(JournalError) -> Int {
        let count = try database.write { database in
            try database.execute(sql: "DELETE FROM word WHERE \(condition)", arguments: arguments)
            return database.changesCount
        }
        if count > 0 { try database.forgetDeleted() }
        return count
    }
}
