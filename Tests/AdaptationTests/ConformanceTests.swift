import AdaptationTestSupport
import DuctusAdaptation
import Foundation
import Testing

@Suite struct ConformanceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: CorrectionJournalConformance.rules)
    func theJournalInSQLite(rule: ConformanceRule<any CorrectionJournal>) throws {
        try rule.check(SQLiteJournal(at: folder.url.appending(path: "journal.sqlite")))
    }

    @Test(arguments: WordStoreConformance.rules)
    func theWordsInSQLite(rule: ConformanceRule<any WordStore>) throws {
        try rule.check(SQLiteJournal(at: folder.url.appending(path: "journal.sqlite")))
    }

    @Test(arguments: GenerationArchiveConformance.rules)
    func theArchiveInFiles(rule: ConformanceRule<any GenerationArchive>) throws {
        try rule.check(FileArchive(folder: folder.url, keeping: 3))
    }
}
