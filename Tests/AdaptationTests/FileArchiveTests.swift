import AdaptationTestSupport
import DuctusAdaptation
import DuctusNetwork
import DuctusRecognition
import Foundation
import Testing

@Suite struct FileArchiveTests {
    private let folder: TemporaryFolder
    private let base: BaseModel

    init() throws {
        folder = try TemporaryFolder()
        base = BaseModel(try SmallModel.make())
    }

    private func open(keeping: Int = 3) -> FileArchive {
        FileArchive(folder: folder.url, keeping: keeping)
    }

    @discardableResult
    private func promote(
        _ store: FileArchive, _ scope: Scope = .shared, change: Float = 0.01, corrections: [UInt64] = [1]
    ) throws
        -> GenerationRecord
    {
        try store.promote(
            candidate(
                over: base, scope, change: change,
                parent: GenerationName(writer: scope.writer, number: try store.current(of: scope)),
                corrections: corrections),
            over: base)
    }

    private func path(_ name: String) -> URL { folder.url.appending(path: name) }

    @Test func aPromotedGenerationServesAndSurvivesARestart() throws {
        let record = try promote(open(), .writer("anna / 1"))
        let store = open()
        #expect(try store.current(of: .writer("anna / 1")) == 1)
        #expect(try store.current(of: .shared) == 0)
        #expect(try store.writers() == ["anna / 1"])
        #expect(try store.records(of: .writer("anna / 1")) == [record])
        let weights = try store.model(of: record.name, over: base).network.parameters
        for (weight, shipped) in zip(weights, base.model.network.parameters) {
            #expect(abs(weight - shipped - 0.01) < 1e-5)
        }
    }

    @Test func rollbackSurvivesARestartAndNumbersGoOn() throws {
        let store = open()
        try promote(store)
        try promote(store)
        #expect(try store.rollback(to: .init(number: 1)).number == 2)
        let again = open()
        #expect(try again.current(of: .shared) == 1)
        #expect(try promote(again).name.number == 3)
        #expect(try again.rollback(to: .base).number == 3)
        #expect(try open().current(of: .shared) == 0)
    }

    @Test func whatIsNotKeptCannotBeRolledBackTo() throws {
        let store = open(keeping: 2)
        for _ in 0..<4 { try promote(store) }
        #expect(try store.records(of: .shared).map(\.name.number) == [3, 4])
        #expect(throws: GenerationError.unknown(.init(number: 1))) { try store.rollback(to: .init(number: 1)) }
        #expect(throws: GenerationError.unknown(.init(writer: "nobody", number: 0))) {
            try store.rollback(to: .init(writer: "nobody", number: 0))
        }
    }

    @Test func whatACrashLeftHalfDoneIsRemoved() throws {
        try promote(open())
        let whole = try Data(contentsOf: path("shared/1.generation"))
        // The crash came after the file was written, before the pointer was; and while a file was being written.
        try whole.write(to: path("shared/2.generation"))
        try whole.prefix(100).write(to: path("shared/.3.generation.a1b2c3"))
        let store = open()
        #expect(try store.current(of: .shared) == 1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: path("shared").path).sorted() == [
                "1.generation", "current",
            ])
        #expect(try promote(store).name.number == 2)
    }

    @Test(arguments: [0, 11, 400, -1]) func aDamagedGenerationGivesWayToTheOneBefore(length: Int) throws {
        let store = open()
        try promote(store)
        try promote(store)
        var bytes = try Data(contentsOf: path("shared/2.generation"))
        if length < 0 { bytes[bytes.count / 2] ^= 1 } else { bytes = bytes.prefix(length) }
        try bytes.write(to: path("shared/2.generation"))
        let again = open()
        #expect(try again.current(of: .shared) == 1)
        #expect(throws: GenerationError.self) { try again.model(of: .init(number: 2), over: base) }
    }

    @Test func anUnreadablePointerLeavesTheBaseAndLosesNothing() throws {
        let record = try promote(open())
        try Data("?".utf8).write(to: path("shared/current"))
        let store = open()
        #expect(try store.current(of: .shared) == 0)
        #expect(try store.records(of: .shared) == [record])
        _ = try store.rollback(to: record.name)
        #expect(try open().current(of: .shared) == 1)
        #expect(try promote(store).name.number == 2)
    }

    @Test func generationsOutliveAnUpgradeOfTheirBase() throws {
        let record = try promote(open(), change: 0.02)
        let upgraded = BaseModel(try SmallModel.make(seed: 2))
        #expect(upgraded.hash != base.hash)
        let served = try open().model(of: record.name, over: upgraded).network.parameters
        #expect(abs(served[0] - base.model.network.parameters[0] - 0.02) < 1e-4)
    }

    @Test func erasingAWriterLeavesTheOthers() throws {
        let store = open()
        try promote(store, .writer("anna"), corrections: [1, 2])
        try promote(store, .writer("ben"), corrections: [3])
        try promote(store, .shared, corrections: [2, 3])
        #expect(try Set(store.generations(trainedOn: [2])) == [.init(writer: "anna", number: 1), .init(number: 1)])
        try store.erase(writer: "anna")
        #expect(try open().writers() == ["ben"])
        #expect(try store.current(of: .writer("anna")) == 0)
    }

    @Test func aWriterKeepsTwoGenerations() throws {
        let store = open(keeping: 8)
        for _ in 0..<4 { try promote(store, .writer("anna")) }
        #expect(try store.records(of: .writer("anna")).map(\.name.number) == [3, 4])
    }

    @Test func aTrainingDoesNotUndoWhatWasDecidedWhileItRan() throws {
        let store = open()
        try promote(store)
        let before = try store.interventions(in: .shared)
        _ = try store.rollback(to: .base)
        func promoteLate() throws {
            _ = try store.promote(candidate(over: base), over: base, interventions: before)
        }
        #expect(throws: GenerationError.overtaken(.shared)) { try promoteLate() }
        #expect(try store.current(of: .shared) == 0)
        let afterRollback = try store.interventions(in: .shared)
        try store.erase(writer: "anna")
        #expect(
            try store.interventions(in: .shared) > afterRollback, "everyone's may have been trained on what was erased")
    }
}
