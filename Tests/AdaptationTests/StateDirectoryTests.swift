import AdaptationTestSupport
import DuctusAdaptation
import Foundation
import Synchronization
import Testing

/// What becomes of the state when its directory, its files or its disk fail.
@Suite struct StateDirectoryTests {
    private let folder: TemporaryFolder
    private let remarks = Remarks()

    private final class Remarks: Sendable {
        private let texts = Mutex<[String]>([])
        func take(_ text: String) { texts.withLock { $0.append(text) } }
        var all: [String] { texts.withLock { $0 } }
    }

    /// A removal of the directory, one step at a time.
    private final class Removal: Sendable {
        private let path: String
        private let left = Mutex(["generations/bases", "generations", ""].map { "learning/ink/" + $0 } + ["learning"])
        private let hasEnded = Mutex(false)

        init(of path: String) { self.path = path }

        var isDone: Bool { hasEnded.withLock { $0 } }

        func goOn() {
            if let next = left.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                try? FileManager.default.removeItem(atPath: path + "/" + next)
            } else if rmdir(path) == 0 {
                hasEnded.withLock { $0 = true }
            }
        }
    }

    init() throws { folder = try TemporaryFolder() }

    private var state: URL { folder.url.appending(path: "state") }
    private var file: URL { state.appending(path: "learning/ink/journal.sqlite") }
    private var generations: URL { state.appending(path: "learning/ink/generations") }

    private func journal(_ directory: StateDirectory) -> SQLiteJournal {
        SQLiteJournal(at: file, in: directory) { [remarks] in remarks.take($0) }
    }

    @Test func twoCannotHoldOneDirectory_andTheSecondTouchesNothing() throws {
        let first = StateDirectory(state.path)
        try first.hold()
        let archive = FileArchive(folder: generations, keeping: 3, in: first)
        #expect(try archive.current(of: .shared) == 0)
        let unfinished = generations.appending(path: "shared/.1.generation.AbCdEf")
        try Data("being written".utf8).write(to: unfinished)

        let second = StateDirectory(state.path)
        #expect(throws: StateFault.busy(path: state.path)) { try second.hold() }
        let late = FileArchive(folder: generations, keeping: 3, in: second)
        #expect(throws: GenerationError.noDirectory(.busy(path: state.path))) { try late.serving() }
        #expect(throws: JournalError.noDirectory(.busy(path: state.path))) {
            try journal(second).add(correction(segment: 1))
        }
        #expect(FileManager.default.fileExists(atPath: unfinished.path))
    }

    @Test func aDirectoryIsFreeAgain_onceItsHolderIsGone() throws {
        do { try StateDirectory(state.path).hold() }
        try StateDirectory(state.path).hold()
    }

    @Test func whatIsAcknowledgedAfterTheDirectoryWasRemoved_isOnDisk() throws {
        let directory = StateDirectory(state.path)
        let journal = journal(directory)
        let archive = FileArchive(folder: generations, keeping: 3, in: directory) { [remarks] in remarks.take($0) }
        let base = BaseModel(try SmallModel.make())
        _ = try journal.add(correction(segment: 1))
        _ = try archive.promote(candidate(over: base), over: base)
        try FileManager.default.removeItem(at: state)

        let kept = try journal.add(correction(segment: 2))
        #expect(try archive.serving() == [.shared: 0])
        #expect(try archive.promote(candidate(over: base), over: base).name.number == 1)
        // A copy of the files is what a crash would leave.
        let copy = folder.url.appending(path: "copy")
        try FileManager.default.copyItem(at: state, to: copy)
        let read = SQLiteJournal(at: copy.appending(path: "learning/ink/journal.sqlite"))
        #expect(try read.entries(limit: 9) == [kept])
        #expect(remarks.all.contains { $0.contains("was removed while it was in use") })
        #expect(throws: StateFault.busy(path: state.path)) { try StateDirectory(state.path).hold() }
    }

    /// `rm -r` looks into a folder, removes what it saw, and then the folder, which has to be empty.
    @Test func whileTheDirectoryIsBeingRemoved_nothingIsMadeInIt() throws {
        let removal = Removal(of: state.path)
        let directory = StateDirectory(state.path) { removal.goOn() }
        let journal = journal(directory)
        let archive = FileArchive(folder: generations, keeping: 3, in: directory) { [remarks] in remarks.take($0) }
        let base = BaseModel(try SmallModel.make())
        _ = try journal.add(correction(segment: 1))
        _ = try archive.promote(candidate(over: base), over: base)
        for name in ["lock", "learning/ink/generations/shared"] {
            try FileManager.default.removeItem(atPath: state.path + "/" + name)
        }
        #expect(try archive.serving() == [.shared: 0])
        #expect(removal.isDone)
        let kept = try journal.add(correction(segment: 2))
        #expect(try journal.entries(limit: 9) == [kept])
    }

    @Test func aJournalThatWasRemovedAlone_isBegunAnew() throws {
        let journal = journal(StateDirectory(state.path))
        _ = try journal.add(correction(segment: 1))
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
        let kept = try journal.add(correction(segment: 2))
        #expect(try SQLiteJournal(at: file).entries(limit: 9) == [kept])
    }

    private static let damages: [(String, @Sendable (URL) throws -> Void)] = [
        ("garbage", { try Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(to: $0) }),
        ("truncated", { try Data(contentsOf: $0).prefix(6000).write(to: $0) }),
        (
            "overwritten in the middle",
            { url in
                var bytes = try Data(contentsOf: url)
                for place in bytes.count / 4..<bytes.count * 3 / 4 {
                    bytes[place] = UInt8(truncatingIfNeeded: place &* 7)
                }
                try bytes.write(to: url)
            }
        ),
        (
            "a folder",
            { url in
                try FileManager.default.removeItem(at: url)
                try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            }
        ),
    ]

    @Test(arguments: damages.map(\.0)) func aDamagedJournalIsKeptAside_andTold(kind: String) throws {
        do {
            let before = journal(StateDirectory(state.path))
            for segment in 1...30 as ClosedRange<UInt64> { _ = try before.add(correction(segment: segment)) }
            before.close()
        }
        let damage = try #require(Self.damages.first { $0.0 == kind }).1
        try damage(file)

        let journal = journal(StateDirectory(state.path))
        let kept = try journal.add(correction(segment: 99))
        #expect(try journal.entries(limit: 99) == [kept])
        let names = try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)
        #expect(names.contains { $0.hasPrefix("journal.sqlite.damaged-") })
        #expect(remarks.all.contains { $0.contains("damaged") && $0.contains("kept as") })
    }

    @Test func aClosedJournalIsOneFile() throws {
        let journal = journal(StateDirectory(state.path))
        for segment in 1...3 as ClosedRange<UInt64> { _ = try journal.add(correction(segment: segment)) }
        journal.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)
        #expect(names == ["journal.sqlite"])
    }

    @Test func whereNothingCanBeWritten_theReasonIsSaid_andItMendsItself() throws {
        // A file where the folder should be: nobody can make it, whatever their rights.
        try Data().write(to: state)
        let directory = StateDirectory(state.path)
        let journal = journal(directory)
        let fault = try #require(journal.fault())
        #expect("\(fault)".contains(state.path) && "\(fault)".contains("cannot be written"))
        #expect(throws: JournalError.self) { try journal.add(correction(segment: 1)) }
        try FileManager.default.removeItem(at: state)
        #expect(journal.fault() == nil)
        _ = try journal.add(correction(segment: 1))
    }
}
