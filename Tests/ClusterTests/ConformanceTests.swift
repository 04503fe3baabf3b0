import AdaptationTestSupport
import DuctusAdaptation
import DuctusCluster
import Testing

/// The stores in PostgreSQL, against a real server.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct ConformanceTests {
    private let database: PostgreSQLDatabase

    init() throws { database = try PostgreSQLServer.shared().database() }

    @Test(arguments: CorrectionJournalConformance.rules)
    func theJournalInPostgreSQL(rule: ConformanceRule<any CorrectionJournal>) throws {
        try rule.check(PostgreSQLCorrectionJournal(in: database, pipeline: "ink"))
    }

    @Test(arguments: WordStoreConformance.rules)
    func theWordsInPostgreSQL(rule: ConformanceRule<any WordStore>) throws {
        try rule.check(PostgreSQLCorrectionJournal(in: database, pipeline: "ink"))
    }

    @Test(arguments: GenerationArchiveConformance.rules)
    func theArchiveInPostgreSQL(rule: ConformanceRule<any GenerationArchive>) throws {
        try rule.check(PostgreSQLGenerationArchive(in: database, pipeline: "ink", keeping: 3))
    }
}
