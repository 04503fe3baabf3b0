/// The tables of a cell.
enum DatabaseSchema {
    /// Any number: daemons that start together make the tables one after another.
    private static let advisoryLock = 0x6475_6374

    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    static func prepare(_ schema: String, in session: PostgreSQLSession) throws(DatabaseFault) {
        try session.script(
            "BEGIN; SELECT pg_advisory_xact_lock(\(advisoryLock)); CREATE SCHEMA IF NOT EXISTS \(quoted(schema)); SET LOCAL search_path TO \(quoted(schema)); \(tables); COMMIT"
        )
    }

    private static let tables = """
        CREATE TABLE IF NOT EXISTS member (
            name text PRIMARY KEY, incarnation bigint NOT NULL, lease timestamptz NOT NULL, draining boolean NOT NULL DEFAULT false
        );
        CREATE TABLE IF NOT EXISTS slot (
            number integer PRIMARY KEY, owner text, epoch bigint NOT NULL DEFAULT 0,
            since timestamptz NOT NULL DEFAULT clock_timestamp(), wish text
        );
        INSERT INTO slot (number) SELECT generate_series(0, 1023) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS correction (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pipeline text NOT NULL, slot integer NOT NULL,
            stream text NOT NULL, segment bigint NOT NULL, writer text, text text NOT NULL, recognized text NOT NULL,
            evidence bytea NOT NULL, generation_writer text, generation_number bigint NOT NULL, time bigint NOT NULL,
            state text NOT NULL, held_out boolean NOT NULL, everyone boolean NOT NULL DEFAULT false,
            doubtful boolean NOT NULL, owner text, epoch bigint, UNIQUE (pipeline, stream, segment, text)
        );
        CREATE INDEX IF NOT EXISTS correction_by_writer ON correction (pipeline, writer, number);
        CREATE INDEX IF NOT EXISTS correction_by_source ON correction (pipeline, stream);
        CREATE INDEX IF NOT EXISTS correction_by_time ON correction (pipeline, time);
        CREATE INDEX IF NOT EXISTS correction_pending ON correction (pipeline, slot) WHERE state = 'pending';
        CREATE INDEX IF NOT EXISTS correction_new_to_everyone ON correction (pipeline, number) WHERE NOT everyone;
        CREATE TABLE IF NOT EXISTS word (
            pipeline text NOT NULL, slot integer NOT NULL, writer text NOT NULL, word text NOT NULL, stream text NOT NULL,
            time bigint NOT NULL, PRIMARY KEY (pipeline, writer, word)
        );
        CREATE INDEX IF NOT EXISTS word_by_slot ON word (pipeline, slot);
        CREATE TABLE IF NOT EXISTS scope (
            pipeline text NOT NULL, writer text NOT NULL, slot integer NOT NULL, current bigint NOT NULL DEFAULT 0,
            latest bigint NOT NULL DEFAULT 0, interventions bigint NOT NULL DEFAULT 0, has_generations boolean NOT NULL DEFAULT false,
            PRIMARY KEY (pipeline, writer)
        );
        CREATE INDEX IF NOT EXISTS scope_by_slot ON scope (pipeline, slot);
        CREATE TABLE IF NOT EXISTS generation (
            pipeline text NOT NULL, writer text NOT NULL, number bigint NOT NULL, record text NOT NULL, file bytea NOT NULL,
            PRIMARY KEY (pipeline, writer, number)
        );
        CREATE TABLE IF NOT EXISTS base (hash text PRIMARY KEY, file bytea NOT NULL);
        CREATE TABLE IF NOT EXISTS work (
            job text NOT NULL, number integer NOT NULL, state text NOT NULL DEFAULT 'open', attempts integer NOT NULL DEFAULT 0,
            worker text, lease timestamptz, page text NOT NULL, result bytea, reason text, PRIMARY KEY (job, number)
        );
        CREATE INDEX IF NOT EXISTS work_open ON work (job, number) WHERE state IN ('open', 'taken')
        """
}
