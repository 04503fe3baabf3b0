import Foundation
import GRDB

/// The search index of notes: an SQLite database with a full-text table (FTS5).
///
/// A note is known by its path, its lines by its content and the generation of weights that read them. So a note is
/// read again only if it changed, or if the weights did. Each note is written in one transaction: a crash at any
/// instant leaves every note whole, as it was before or after. One process writes, others may search meanwhile. The
/// notes themselves are never changed.
public final class NoteIndex: Sendable {
    private let database: any DatabaseWriter

    /// Opens an index, or makes one.
    ///
    /// - Throws: `NoteIndexFault`.
    public init(_ url: URL) throws(NoteIndexFault) {
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            database = try DatabasePool(path: url.path, configuration: configuration)
            try Self.schema.migrate(database)
        } catch {
            throw .unusable(path: url.path, reason: "\(error)")
        }
    }

    /// Opens an index to search in it; makes and changes nothing.
    ///
    /// - Throws: `NoteIndexFault`; `absent` where there is none.
    public init(reading url: URL) throws(NoteIndexFault) {
        guard FileManager.default.fileExists(atPath: url.path) else { throw .absent(path: url.path) }
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.readonly = true
            database = try DatabaseQueue(path: url.path, configuration: configuration)
            guard try database.read({ try Self.schema.hasCompletedMigrations($0) }) else {
                throw NoteIndexFault.unusable(
                    path: url.path, reason: "it is no index of notes, or one of another release")
            }
        } catch let fault as NoteIndexFault {
            throw fault
        } catch {
            throw .unusable(path: url.path, reason: "\(error)")
        }
    }

    /// The default place of a user's index: `ductus/notes.sqlite` in the data folder (XDG Base Directory
    /// Specification); nil for a user without a home.
    public static func usualLocation(environment: [String: String]) -> URL? {
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            return URL(filePath: data).appending(path: "ductus/notes.sqlite")
        }
        return environment["HOME"].flatMap { home in
            home.hasPrefix("/") ? URL(filePath: home).appending(path: ".local/share/ductus/notes.sqlite") : nil
        }
    }

    private static var schema: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE note (
                        id INTEGER PRIMARY KEY,
                        path TEXT NOT NULL UNIQUE,
                        size INTEGER NOT NULL,
                        modified INTEGER NOT NULL,
                        content BLOB NOT NULL,
                        generation TEXT NOT NULL,
                        fault TEXT
                    );
                    CREATE INDEX note_content ON note(content, generation);
                    CREATE TABLE line (
                        id INTEGER PRIMARY KEY,
                        note INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
                        page INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        text TEXT NOT NULL,
                        alternatives TEXT NOT NULL,
                        confidence REAL NOT NULL,
                        left REAL NOT NULL, top REAL NOT NULL, right REAL NOT NULL, bottom REAL NOT NULL
                    );
                    CREATE INDEX line_note ON line(note);
                    CREATE VIRTUAL TABLE line_text USING fts5(
                        text, alternatives, content='line', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
                    );
                    CREATE TRIGGER line_added AFTER INSERT ON line BEGIN
                        INSERT INTO line_text(rowid, text, alternatives) VALUES (new.id, new.text, new.alternatives);
                    END;
                    CREATE TRIGGER line_removed AFTER DELETE ON line BEGIN
                        INSERT INTO line_text(line_text, rowid, text, alternatives)
                            VALUES ('delete', old.id, old.text, old.alternatives);
                    END;
                    """)
        }
        return migrator
    }

    // MARK: what is known

    /// All notes below a folder, by path.
    public func notes(below folder: String) throws -> [String: NoteState] {
        try database.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT path, size, modified, content, generation FROM note WHERE substr(path, 1, ?) = ?",
                arguments: [folder.unicodeScalars.count, folder])
            var notes: [String: NoteState] = [:]
            while let row = try rows.next() {
                notes[row["path"]] = NoteState(
                    size: row["size"], modified: row["modified"], content: row["content"], generation: row["generation"]
                )
            }
            return notes
        }
    }

    /// The number of notes and of lines.
    public func counts() throws -> (notes: Int, lines: Int) {
        try database.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM note WHERE fault IS NULL") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM line") ?? 0
            )
        }
    }

    // MARK: writing

    /// Replaces what is known of a note.
    ///
    /// - Parameter fault: why it could not be read; nil if it was.
    public func store(_ path: String, _ state: NoteState, lines: [IndexedLine], fault: String? = nil) throws {
        try database.write { database in
            try database.execute(sql: "DELETE FROM note WHERE path = ?", arguments: [path])
            try Self.insert(path, state, fault, database)
            let note = database.lastInsertedRowID
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO line(note, page, number, text, alternatives, confidence, left, top, right, bottom)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for line in lines {
                try statement.execute(arguments: [
                    note, line.page, line.number, line.text, line.alternatives, line.confidence, line.box[0],
                    line.box[1],
                    line.box[2], line.box[3],
                ])
            }
        }
    }

    private static func insert(_ path: String, _ state: NoteState, _ fault: String?, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO note(path, size, modified, content, generation, fault) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [path, state.size, state.modified, state.content, state.generation, fault])
    }

    /// Takes over the lines of a note of the same content that the same generation has read; false if there is none.
    public func copy(to path: String, _ state: NoteState) throws -> Bool {
        try database.write { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT id, fault FROM note WHERE content = ? AND generation = ? LIMIT 1",
                    arguments: [state.content, state.generation])
            else { return false }
            let source: Int64 = row["id"]
            // The note itself, touched but not changed, keeps its lines.
            if try Int64.fetchOne(
                database, sql: "SELECT id FROM note WHERE path = ? AND content = ? AND generation = ?",
                arguments: [path, state.content, state.generation]) != nil
            {
                try database.execute(
                    sql: "UPDATE note SET size = ?, modified = ? WHERE path = ?",
                    arguments: [state.size, state.modified, path])
                return true
            }
            try database.execute(sql: "DELETE FROM note WHERE path = ?", arguments: [path])
            try Self.insert(path, state, row["fault"], database)
            try database.execute(
                sql: """
                    INSERT INTO line(note, page, number, text, alternatives, confidence, left, top, right, bottom)
                    SELECT ?, page, number, text, alternatives, confidence, left, top, right, bottom FROM line WHERE note = ?
                    """, arguments: [database.lastInsertedRowID, source])
            return true
        }
    }

    /// A line of a note; nil where the index knows none.
    public func line(_ number: Int, page: Int, of path: String) throws -> NoteHit? {
        try database.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT note.path AS path, line.*, 1 AS sure FROM line JOIN note ON note.id = line.note
                    WHERE path = ? AND page = ? AND number = ?
                    """, arguments: [path, page, number]
            ).map { NoteHit($0) }
        }
    }

    /// Forgets notes that are gone.
    public func remove(_ paths: some Sequence<String>) throws {
        try database.write { database in
            for path in paths { try database.execute(sql: "DELETE FROM note WHERE path = ?", arguments: [path]) }
        }
    }

    // MARK: searching

    /// The lines in which all words are, best first; words may be beginnings of words. Words that are only among the alternatives count less.
    public func search(_ words: [String], limit: Int = 50) throws -> [NoteHit] {
        let tokens = words.flatMap { $0.split { !$0.isLetter && !$0.isNumber } }.map { "\"\($0)\"*" }
        guard !tokens.isEmpty else { return [] }
        return try database.read { database in
            let sql = """
                SELECT note.path AS path, line.*, (SELECT count(*) FROM line_text WHERE line_text MATCH ? AND rowid = line.id) AS sure
                FROM line_text JOIN line ON line.id = line_text.rowid JOIN note ON note.id = line.note
                WHERE line_text MATCH ? ORDER BY sure DESC, bm25(line_text, 10, 1), path, page, number LIMIT ?
                """
            let query = tokens.joined(separator: " ")
            return try Row.fetchAll(database, sql: sql, arguments: ["text : (\(query))", query, limit])
                .map { NoteHit($0) }
        }
    }
}

/// The errors of a search index.
public enum NoteIndexFault: Error, Equatable, CustomStringConvertible {
    case absent(path: String)
    case unusable(path: String, reason: String)

    public var description: String {
        switch self {
        case .absent(let path): "\(path): there is no index yet; make one with 'ductus index FOLDER'"
        case .unusable(let path, let reason):
            "\(path): the index cannot be used (\(reason)); if it is damaged, delete it, and index the folder again: the notes are not touched"
        }
    }
}

/// The state of a note's file when it was read.
public struct NoteState: Equatable, Sendable {
    /// Bytes.
    public var size: Int
    /// The time of the last change, in ns since 1970.
    public var modified: Int
    /// SHA-256 of its bytes, in hexadecimal digits.
    public var content: Data
    /// The weights that read it.
    public var generation: String

    /// The state of a file. `size` is in bytes, `modified` in ns since 1970.
    public init(size: Int, modified: Int, content: Data, generation: String) {
        (self.size, self.modified, self.content, self.generation) = (size, modified, content, generation)
    }
}

/// A line of a note.
public struct IndexedLine: Equatable, Sendable {
    /// Counted from 1.
    public var page, number: Int
    /// The best reading of the line.
    public var text: String
    /// Other readings of its words.
    public var alternatives: String
    /// The probability that the reading is right, 0…1.
    public var confidence: Double
    /// Left, top, right, bottom in the units of the file.
    public var box: [Double]

    /// A line of a note. The box has four sides: left, top, right, bottom.
    public init(page: Int, number: Int, text: String, alternatives: String, confidence: Double, box: [Double]) {
        precondition(box.count == 4, "a box has four sides")
        (self.page, self.number, self.text, self.alternatives) = (page, number, text, alternatives)
        (self.confidence, self.box) = (confidence, box)
    }
}

/// A line that was found.
public struct NoteHit: Equatable, Sendable {
    public var path: String
    /// The page and the line on it, both counted from 1.
    public var page, line: Int
    /// The best reading of the line.
    public var text: String
    /// Other readings of its words.
    public var alternatives: String
    /// The probability that the reading is right, 0…1.
    public var confidence: Double
    /// Left, top, right, bottom in the units of the file.
    public var box: [Double]
    /// Whether the words are in the text itself, not only among the alternatives.
    public var isCertain: Bool

    /// A line that was found. The box has four sides: left, top, right, bottom.
    public init(
        path: String, page: Int, line: Int, text: String, alternatives: String, confidence: Double, box: [Double],
        isCertain: Bool
    ) {
        (self.path, self.page, self.line, self.text) = (path, page, line, text)
        (self.alternatives, self.confidence, self.box, self.isCertain) = (alternatives, confidence, box, isCertain)
    }
}

extension NoteHit {
    /// A row of a line with its note's path, and whether its text has the words.
    fileprivate init(_ row: Row) {
        self.init(
            path: row["path"], page: row["page"], line: row["number"], text: row["text"],
            alternatives: row["alternatives"], confidence: row["confidence"],
            box: [row["left"], row["top"], row["right"], row["bottom"]], isCertain: row["sure"] as Int > 0)
    }
}
