import AdaptationTestSupport
import DuctusAdaptation
import DuctusCluster
import Foundation
import Testing

/// A connection that breaks while its commit waits for the standby: the correction is written, and nobody was told.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct UnconfirmedCommitTests {
    /// The second try does not see the row of the first yet, and may not write it twice.
    @Test func aCorrectionWhoseFirstTryIsCommittedLateIsAcknowledgedOnce() async throws {
        let server = try PostgreSQLServer.shared()
        let schema = "late_" + UUID().uuidString.lowercased()
        let journal = PostgreSQLCorrectionJournal(in: server.database(schema), pipeline: "ink")
        let first = try journal.add(correction(segment: 1), isDoubtful: false)
        let copied =
            "pipeline, slot, stream, text, writer, recognized, evidence, generation_number, time, state, held_out, doubtful"
        let copy = """
            INSERT INTO \\"\(schema)\\".correction (segment, \(copied))
            SELECT 2, \(copied) FROM \\"\(schema)\\".correction WHERE number = \(first.number);
            DO \\$do\\$ BEGIN
                WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INTO correction%') LOOP
                    PERFORM pg_sleep(0.01);
                    PERFORM pg_stat_clear_snapshot();
                END LOOP;
            END \\$do\\$
            """
        let late = Task.detached { try server.run(copy) }
        // Until the row is there, not committed.
        let isWritten =
            "DO \\$do\\$ BEGIN ASSERT EXISTS (SELECT 1 FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation = '\\\"\(schema)\\\".correction'::regclass); END \\$do\\$"
        while (try? server.run(isWritten)) == nil { try await Task.sleep(for: .milliseconds(10)) }
        let second = try journal.add(correction(segment: 2), isDoubtful: false)
        try await late.value
        let entries = try journal.entries(of: .writer("anna"), after: 0, limit: 10)
        #expect(entries.map(\.number) == [first.number, second.number])
    }
}
