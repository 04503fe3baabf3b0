import AdaptationTestSupport
import DuctusAdaptation
import DuctusInk
import DuctusRecognition
import DuctusStreaming
import Foundation
import StreamingTestSupport
import Testing

@Suite struct LearningServiceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var state: URL { folder.url.appending(path: "state") }

    @Test func aStateDirectoryThatIsRemoved_takesWhatServedWithIt_andTheNextCorrectionsAreKept() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        scene.queue.runNext()
        #expect(scene.serving("anna").number == 1)
        try FileManager.default.removeItem(at: state)
        scene.service.check()
        #expect(scene.serving("anna") == .init(number: 0))
        try scene.correct(5...6, of: "anna")
        let copy = folder.url.appending(path: "copy")
        try FileManager.default.copyItem(at: state, to: copy)
        let kept = try SQLiteJournal(at: copy.appending(path: "journal.sqlite")).entries(limit: 9)
        #expect(kept.map(\.correction.segment) == [5, 6])
    }

    @Test func whatCannotBeWritten_isTold_andToldAgainOnceItCan() throws {
        try Data().write(to: state)
        let scene = try LearningServiceScene(in: folder)
        #expect(scene.service.health?.contains("cannot be written") == true)
        #expect(throws: CorrectionFault.self) { try scene.correct(1...1, of: "anna") }
        try FileManager.default.removeItem(at: state)
        scene.service.check()
        #expect(scene.service.health == nil)
        try scene.correct(2...5, of: "anna")
        scene.queue.runNext()
        #expect(scene.serving("anna").number == 1)
        let health = scene.told().compactMap { event -> String?? in
            if case .health(let reason) = event { .some(reason) } else { nil }
        }
        #expect(health.count == 2 && health[0] != nil && health[1] == nil)
    }

    @Test func whatAnEarlierRunLeftUndone_isLearnedAtTheStart() throws {
        do {
            let scene = try LearningServiceScene(in: folder)
            try scene.correct(1...4, of: "anna")
            scene.service.close()
        }
        let scene = try LearningServiceScene(in: folder)
        #expect(scene.queue.runNext() && scene.serving("anna").number == 1)
    }

    @Test func anchorsAreMeasured_whenNewCorrectionsHavePushedThemOut() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...8, of: "anna")
        scene.queue.runNext()
        try scene.correct(9...72, of: "anna")
        while scene.queue.runNext() {}
        let last = try #require(scene.inputs.last { $0.scope == .writer("anna") })
        #expect(last.anchors.map(\.id) == ["desk/2", "desk/6"])
        #expect(last.segments.count + last.heldOut.count == 64)
    }

    // MARK: Words

    @Test func aWordThatSomethingWasCorrectedTo_isExpectedOfItsWriterAtOnce_andAfterARestart_untilItIsForgotten() throws
    {
        func lexicon(_ scene: LearningServiceScene, _ writer: String?) -> Bool {
            scene.service.models.current(for: writer).model.personalWords?.contains("Kowalczyk") ?? false
        }
        do {
            let scene = try LearningServiceScene(in: folder)
            try scene.correct(1...1, of: "anna", as: "Mr Kowalczyk")
            #expect(lexicon(scene, "anna") && !lexicon(scene, "ben") && !lexicon(scene, nil))
            #expect(try scene.service.personalWords().map { "\($0.writer) \($0.word.text)" } == ["anna Kowalczyk"])
            try scene.correct(2...4, of: "anna")
            scene.queue.runNext()
            #expect(lexicon(scene, "anna") && scene.serving("anna").writer == "anna", "with weights of one's own, too")
            scene.service.close()
        }
        let scene = try LearningServiceScene(in: folder)
        #expect(lexicon(scene, "anna"))
        #expect(try scene.service.forgetWords(["Kowalczyk"], of: "anna") == 1)
        #expect(!lexicon(scene, "anna"))
        try scene.correct(11...11, of: "anna", as: "Mr Kowalczyk")
        _ = try scene.service.erase(.writer("anna"))
        #expect(!lexicon(scene, "anna"))
        #expect(try scene.service.personalWords().isEmpty)
    }

    @Test func onlyWordsThatWereNotRead_andAreNotShort_areLearned() {
        #expect(
            PersonalWords.new(in: "Mr Kowalczyk met O'Brien, Mr Kowalczyk's son", read: "Mr met son") == [
                "Kowalczyk", "O'Brien", "Kowalczyk's",
            ])
        #expect(PersonalWords.new(in: "see the sea", read: "").isEmpty)
    }

    // MARK: Wrong corrections

    private static let english: Model? = {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try? Model(contentsOf: root.appending(path: "models/english"))
    }()

    private static let texts = [
        "the old lamp had been here", "her name was in each letter", "we read them all the same",
        "there are three here", "he has a cheap black hat", "she reached the other bank",
        "a heap of ashes was there", "each had the same chance", "the teacher had left early", "he ate the cheese",
    ]

    private func teach(
        _ scene: LearningServiceScene, _ stream: String, from first: UInt64, hand: UInt64, _ text: (String) -> String
    ) throws -> [JournaledCorrection] {
        let lines = try simulatedLines(Self.texts, hand: hand)
        return try lines.enumerated().compactMap { place, line in
            let number = first + UInt64(place)
            try scene.finish(line, number, of: "bob", stream: stream, text: line.text ?? "")
            guard case .known(let segment) = scene.service.place(of: number, in: .named(stream)) else {
                throw CorrectionFault.forgotten
            }
            do {
                return try scene.service.correct(segment, to: text(line.text ?? ""))
            } catch CorrectionFault.refused(.implausible) {
                return nil
            }
        }
    }

    /// A frequent letter for another of a similar shape.
    private func spoiled(_ text: String) -> String { text.replacing("e", with: "c") }

    @Test(.enabled(if: english != nil, "there is no models/english"))
    func aSourceThatContradictsTheInk_isQuarantined_andSaid() throws {
        let scene = try LearningServiceScene(in: folder, model: Self.english)
        let right = try teach(scene, "desk", from: 1, hand: 7) { $0 }
        #expect(right.allSatisfy { $0.state == .pending })
        while scene.queue.runNext() {}
        let wrong = try teach(scene, "other", from: 1, hand: 9, spoiled)
        #expect(wrong.last?.state == .quarantined)
        #expect(
            try scene.service.journal.corrections(of: .writer("bob"), limit: 99).allSatisfy {
                $0.correction.stream == "desk"
            })
        #expect(wrong.count > 5)
        #expect(try scene.service.journal.count() == right.count + wrong.count, "they are kept all the same")
        let distrusted = scene.told().compactMap { event -> String? in
            if case .distrusted(let source, _) = event { source.stream } else { nil }
        }
        #expect(distrusted == ["other"])
    }

    @Test func changesCountWhatWasReadWrong_notWhatWasMissed() {
        func changes(_ read: String, _ given: String) -> Int {
            CorrectionTrust.changes(of: read.utf8.map(Int.init), in: given.utf8.map(Int.init))
        }
        #expect(changes("there", "there") == 0)
        #expect(changes("there", "tbcrc") == 3)
        #expect(changes("thr", "there") == 0)
        #expect(changes("thhere", "there") == 1)
        #expect(changes("", "there") == 0 && changes("abc", "") == 3)
    }

    @Test func aSourceIsDistrusted_onlyByManyAndALargePart() {
        let trust = CorrectionTrust()
        #expect(!trust.isDistrusted(.init(corrections: 3, doubtful: 3)))
        #expect(trust.isDistrusted(.init(corrections: 10, doubtful: 4)))
        #expect(!trust.isDistrusted(.init(corrections: 60, doubtful: 8)))
    }
}
