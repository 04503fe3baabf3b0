import AdaptationTestSupport
import DuctusAdaptation
import DuctusInk
import Foundation
import Testing

@Suite struct SQLiteJournalTests {
    private let folder: TemporaryFolder
    private var url: URL { folder.url.appending(path: "journal.sqlite") }

    init() throws { folder = try TemporaryFolder() }

    @Test func whatWasAcknowledgedIsThereAfterAnAbruptEnd() throws {
        let journal = SQLiteJournal(at: url)
        let acknowledged = try (1...20).map { try journal.add(correction(segment: $0)) }
        // A copy of the files as they are now is what a crash would leave: nothing is closed, nothing is checkpointed.
        let copy = folder.url.appending(path: "crashed.sqlite")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: url.path + suffix, toPath: copy.path + suffix)
        }
        #expect(try SQLiteJournal(at: copy).entries(limit: 100) == acknowledged)
    }

    @Test func inkComesBackToTheLastBit() throws {
        let journal = SQLiteJournal(at: url)
        var tilted = Sample(x: .pi, y: -0.1, time: .max, pressure: nil)
        (tilted.tiltX, tilted.tiltY) = (12.5, -3)
        let strokes = [stroke, Stroke([]), Stroke([tilted, Sample(x: 0, y: 0)])]
        try _ = journal.add(correction(segment: 1, evidence: .ink(strokes)))
        #expect(try journal.entries(limit: 1).first?.correction.evidence == .ink(strokes))
    }

    @Test func theSameTextForTheSameSegmentIsKeptOnce() throws {
        let journal = SQLiteJournal(at: url)
        let first = try journal.add(correction(segment: 1))
        #expect(try journal.add(correction(segment: 1, time: 99)) == first)
        #expect(try journal.count() == 1)
    }

    @Test func alreadyLearnedTextDoesNotBecomePendingAgain() throws {
        let journal = SQLiteJournal(at: url)
        let number = try journal.add(correction(segment: 1)).number
        try journal.mark([number], as: .learned)
        #expect(try journal.add(correction(segment: 1)).state == .learned)
        #expect(try journal.scopesWithPending().isEmpty)
    }

    @Test func aLaterTextTakesThePlaceOfAnEarlierOne() throws {
        let journal = SQLiteJournal(at: url)
        _ = try journal.add(correction("so", segment: 1))
        _ = try journal.add(correction("no", segment: 1))
        #expect(try journal.corrections(of: .writer("anna"), limit: 9).map(\.correction.text) == ["no"])
        _ = try journal.add(correction("so", segment: 1))
        #expect(try journal.corrections(of: .writer("anna"), limit: 9).map(\.correction.text) == ["so"])
    }

    @Test func oneCorrectionOfAWriterInFourIsHeldOut() throws {
        let journal = SQLiteJournal(at: url)
        let anna = try (0..<8).map { try journal.add(correction(segment: $0)).isHeldOut }
        let ben = try journal.add(correction(segment: 100, writer: "ben")).isHeldOut
        #expect(anna == [false, true, false, false, false, true, false, false])
        #expect(!ben)
    }

    @Test func scopesSeeTheirOwnAndTheSharedOneSeesAll() throws {
        let journal = SQLiteJournal(at: url)
        for (segment, writer) in ["anna", "ben", nil].enumerated() {
            _ = try journal.add(correction(segment: UInt64(segment), writer: writer))
        }
        #expect(try journal.corrections(of: .writer("ben"), limit: 9).map(\.correction.segment) == [1])
        #expect(try journal.corrections(of: .shared, limit: 2).map(\.correction.segment) == [1, 2])
    }

    @Test func erasingLeavesNothingOfTheWriterInTheFiles() throws {
        let journal = SQLiteJournal(at: url)
        let secret = "a most peculiar sentence"
        let gone = try (0..<5).map { try journal.add(correction("\(secret) \($0)", segment: $0)).number }
        let kept = try journal.add(correction(segment: 9, writer: "ben"))
        #expect(try journal.erase(.writer("anna")) == gone)
        #expect(try journal.entries(limit: 9) == [kept])
        for suffix in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: url.path + suffix))
            #expect(bytes.range(of: Data(secret.utf8)) == nil)
        }
    }

    @Test func retentionErasesWhatIsOlder() throws {
        let journal = SQLiteJournal(at: url)
        _ = try journal.add(correction(segment: 1, time: 10))
        let young = try journal.add(correction(segment: 2, time: 20))
        try journal.erase(before: 20)
        #expect(try journal.entries(limit: 9) == [young])
    }

    @Test func exportPagesInOrderOfNumber() throws {
        let journal = SQLiteJournal(at: url)
        let all = try (0..<5).map { try journal.add(correction(segment: $0)) }
        #expect(try journal.entries(after: all[1].number, limit: 2) == Array(all[2...3]))
        #expect(try journal.entries(of: .writer("ben"), limit: 2).isEmpty)
    }

    @Test func aFileThatIsNoJournalIsNamedInTheError() throws {
        try Data("not a database, but long enough to be read as one".utf8).write(to: url)
        let error = try #require(throws: JournalError.self) { _ = try SQLiteJournal(at: url).count() }
        #expect("\(error)".contains(url.path))
    }

    @Test func correctionsAreNewToEveryoneUntilATrainingUsedThem() throws {
        let journal = SQLiteJournal(at: url)
        for segment in 1...3 as ClosedRange<UInt64> { try _ = journal.add(correction(segment: segment)) }
        try journal.markEveryone(upTo: 2)
        #expect(try journal.countNewToEveryone() == 1)
        #expect(try SQLiteJournal(at: url).countNewToEveryone() == 1)
    }

    @Test func aScopeThatIsSetAsideHasNothingPending() throws {
        let journal = SQLiteJournal(at: url)
        try _ = journal.add(correction(segment: 1, writer: "anna"))
        try _ = journal.add(correction(segment: 2, writer: "ben"))
        try _ = journal.add(correction(segment: 3, writer: nil))
        try journal.setAside(.writer("anna"))
        #expect(try journal.scopesWithPending() == [.writer("ben"), .shared])
        #expect(try journal.countNewToEveryone() == 3)
        try journal.setAside(.shared)
        #expect(try journal.scopesWithPending() == [.writer("ben")])
        #expect(try journal.countNewToEveryone() == 0)
    }
}
