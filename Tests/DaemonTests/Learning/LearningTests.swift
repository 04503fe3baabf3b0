import DuctusAdaptation
import DuctusDaemon
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation
import StreamingTestSupport
import Testing

@Suite struct LearningTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A model that is hardly different, and different all the same.
    private static func another(_ model: Model?) throws -> Model {
        let model = try #require(model)
        let parameters = model.network.parameters.map { $0 * 1.001 }
        return model.with(network: try Network(architecture: model.network.architecture, parameters: parameters))
    }

    @Test func anAnsweredCorrectionIsInTheJournal_once() throws {
        let scene = try LearningScene(in: folder)
        scene.start()
        try scene.finish(1, text: "no")
        #expect(try scene.correct(1, "on") == 1)
        #expect(try scene.correct(1, "on") == 1)
        scene.end()
        let again = try LearningScene(in: folder)
        let entries = try again.service.journal.entries(of: nil, after: 0, limit: 9)
        again.end()
        #expect(entries.map(\.correction.text) == ["on"])
        #expect(entries.first?.correction.writer == "anna" && entries.first?.correction.recognized == "no")
    }

    @Test func whatCannotBeLearned_isRefusedWithItsReason() throws {
        let scene = try LearningScene(in: folder) { $0.correctionsPerWriterMinute = 70 }
        scene.start()
        defer { scene.learning.stop() }
        #expect(failure { try scene.correct(1, "no") } == .unknownSegment)
        for number in 1...65 { try scene.finish(UInt64(number)) }
        #expect(failure { try scene.correct(1, "no") } == .segmentTooOld)
        #expect(failure { try scene.correct(66, "no") } == .unknownSegment)
        #expect(failure { try scene.correct(65, "") } == .invalidArgument)
        #expect(failure { try scene.correct(65, "nö") } == .outsideAlphabet)
        #expect(failure { try scene.correct(65, String(repeating: "no", count: 500)) } == .implausible)
        #expect(try scene.service.journal.count() == 0)
    }

    @Test func whoCorrectsTooOften_waits_andAReloadChangesHowOften() throws {
        let scene = try LearningScene(in: folder) { $0.correctionsPerWriterMinute = 1 }
        scene.start()
        defer { scene.learning.stop() }
        for number in 1...3 { try scene.finish(UInt64(number)) }
        try scene.correct(1, "no")
        #expect(failure { try scene.correct(2, "no") } == .rateLimited)
        var settings = Configuration.AdaptationSettings()
        settings.correctionsPerWriterMinute = 60
        scene.learning.change(to: settings)
        scene.clock.advance(seconds: 1)
        try scene.correct(2, "no")
        #expect(failure { try scene.correct(3, "no") } == .rateLimited)
    }

    @Test(.enabled(if: LearningScene.english != nil, "there is no models/english"))
    func aPromotionServesItsWriterAndNobodyElse() throws {
        let scene = try LearningScene(in: folder, model: LearningScene.english)
        scene.start()
        #expect(try scene.teach())
        scene.learning.stop()
        let number = try #require(scene.promotions(of: "anna").last).generation.number
        let models = scene.service.models
        #expect(models.current(for: "anna").generation == .init(writer: "anna", number: number))
        #expect(models.current(for: "ben").generation == .init(number: 0))
        let isAsShipped = models.current(for: "ben").model.network.parameters == models.base.model.network.parameters
        #expect(isAsShipped)
        #expect(try scene.service.journal.entries(of: nil, after: 0, limit: 9).contains { $0.state == .learned })
    }

    @Test(.enabled(if: LearningScene.english != nil, "there is no models/english"))
    func aRollback_servesAtOnce_andAfterARestart() throws {
        let scene = try LearningScene(in: folder, model: LearningScene.english)
        scene.start()
        #expect(try scene.teach())
        scene.learning.stop()
        // Corrections that wait to be learned when somebody decides.
        try scene.finish(9)
        try scene.correct(9, "no")
        let request = WireRollbackModelRequest.with { $0.generation = .with { $0.writer = "anna" } }
        _ = try scene.ask(.rollbackModel(request))
        #expect(scene.service.models.current(for: "anna").generation == .init(number: 0))
        #expect(try scene.service.journal.scopesWithPending().isEmpty)
        scene.end()
        let again = try LearningScene(in: folder, model: LearningScene.english)
        again.start()
        again.learning.stop()
        #expect(again.promotions(of: "anna").isEmpty)
        #expect(again.service.models.current(for: "anna").generation == .init(number: 0))
    }

    @Test(.enabled(if: LearningScene.english != nil, "there is no models/english"))
    func erasingAWriter_leavesNothingOfIt() throws {
        let scene = try LearningScene(in: folder, { $0.reservoir = true }, model: LearningScene.english)
        scene.start()
        #expect(try scene.teach())
        try scene.finish(20, confidence: 0.9)
        scene.learning.stop()
        let erased = try scene.eraseJournal(of: "anna")
        #expect(erased.corrections == 4)
        #expect(erased.generations.map(\.writer).contains("anna"))
        #expect(try scene.service.journal.count() == 0 && scene.service.archive.writers().isEmpty)
        let kept = try #require(scene.reservoir).lines()
        #expect(kept.canary.isEmpty && kept.rehearsal.isEmpty)
        #expect(failure { try scene.correct(20, "no") } == .segmentTooOld)
    }

    @Test func whatIsKeptTooLong_isErased_alsoWhenAReloadSaysSo() throws {
        let scene = try LearningScene(in: folder)
        scene.start()
        defer { scene.learning.stop() }
        try scene.finish(1)
        try scene.correct(1, "no")
        scene.clock.advance(seconds: 7200)
        scene.learning.forgetOld()
        #expect(try scene.service.journal.count() == 1)
        var settings = Configuration.AdaptationSettings()
        settings.journalRetention = 3600
        scene.learning.change(to: settings)
        scene.learning.forgetOld()
        #expect(try scene.service.journal.count() == 0)
    }

    @Test func theReservoir_keepsConfidentFinalsThatNobodyCorrects_ifAskedTo() throws {
        let scene = try LearningScene(in: folder) { $0.reservoir = true }
        scene.start()
        try scene.finish(1, confidence: 0.9)
        try scene.finish(2, confidence: 0.9)
        try scene.finish(3, confidence: 0.6)
        // Requests are answered after what was read before them is kept.
        try scene.correct(2, "no")
        scene.learning.stop()
        let kept = try #require(scene.reservoir).lines()
        #expect((kept.canary + kept.rehearsal).map(\.id) == ["desk/1"])
        scene.end()

        let without = try LearningScene(in: folder)
        #expect(without.reservoir == nil)
        without.end()
        let again = try LearningScene(in: folder) { $0.reservoir = true }
        let rest = try #require(again.reservoir).lines()
        #expect(rest.canary.isEmpty && rest.rehearsal.isEmpty)
    }

    @Test(.enabled(if: LearningScene.english != nil, "there is no models/english"))
    func afterAnUpgrade_whatWasLearnedServes_untilItIsLearnedAnew() throws {
        let scene = try LearningScene(in: folder, model: LearningScene.english)
        scene.start()
        #expect(try scene.teach())
        scene.learning.stop()
        let earlier = scene.service.models.current(for: "anna")
        scene.end()

        let upgraded = try LearningScene(in: folder, model: Self.another(LearningScene.english))
        let service = upgraded.service
        #expect(try service.outdated() == [.writer("anna")])
        try service.load(.writer("anna"))
        #expect(service.models.current(for: "anna").generation == earlier.generation)
        let servesOn = service.models.current(for: "anna").model.network.parameters == earlier.model.network.parameters
        #expect(servesOn)
        upgraded.start()
        let isTried = upgraded.published.wait { !$0.events.isEmpty }
        upgraded.learning.stop()
        #expect(isTried)
        switch upgraded.published.events.first {
        case .promotion(let trial):
            let record = try service.archive.record(of: .init(writer: "anna", number: trial.generation.number))
            #expect(record.baseHash == service.models.base.hash && record.parent?.number == earlier.generation.number)
            #expect(try service.outdated().isEmpty)
        case .rejection:
            // What served goes on serving.
            #expect(service.models.current(for: "anna").generation == earlier.generation)
        case let other: Issue.record("\(String(describing: other)) came instead of a verdict")
        }
    }

    @Test func aSensorsSegmentsAreCorrected_learnedAndExported() throws {
        let model = try TinyVectorModel.make(task: .transcription, wildness: 0.01)
        let scene = try LearningScene(in: folder, model: model)
        scene.start()
        var random = SplitMix64(seed: 3)
        let recorded = (0..<4).map { _ in random.wanderingVectors(20) }
        for (index, vectors) in recorded.enumerated() {
            scene.finish(UInt64(index), vectors: vectors)
            try scene.correct(UInt64(index), of: "wrist", "RW")
        }
        #expect(failure { try scene.correct(0, of: "wrist", "no") } == .outsideAlphabet)
        #expect(scene.published.wait { _ in !scene.promotions(of: "anna").isEmpty })
        scene.learning.stop()
        let export = try scene.exportJournal(.init())
        #expect(export.entries.map(\.vectors.values) == recorded)
        #expect(export.entries.allSatisfy { $0.channels == ["x", "y", "z"] && $0.vectors.rate == 50 && !$0.hasInk })
    }

    @Test func labelsOfFramesAreCorrectedByTheirTimes() throws {
        let scene = try LearningScene(in: folder, model: TinyVectorModel.make(wildness: 0.01))
        scene.start()
        var random = SplitMix64(seed: 4)
        for number in 0..<4 as Range<UInt64> {
            scene.finish(number, vectors: random.wanderingVectors(50))
            try scene.correct(number, of: "wrist", "WALK@0-0.5 REST@0.5-1")
        }
        #expect(failure { try scene.correct(0, of: "wrist", "RUN") } == .outsideAlphabet)
        #expect(failure { try scene.correct(0, of: "wrist", "WALK@2-3") } == .invalidArgument)
        #expect(scene.published.wait { _ in !scene.promotions(of: "anna").isEmpty })
        scene.learning.stop()
    }

    @Test func aSensorsVectors_keepTheChannelsOfTheModelThatReadThem_whenAReloadBringsOthers() throws {
        let scene = try LearningScene(in: folder, model: TinyVectorModel.make(task: .transcription, wildness: 0.01))
        scene.start()
        var random = SplitMix64(seed: 3)
        scene.finish(1, vectors: random.wanderingVectors(20))
        let other = try TinyVectorModel.make(
            task: .transcription, wildness: 0.01,
            configuration: VectorConfiguration(channels: ["a", "b", "c"], rate: 50, stack: 2))
        scene.service.models.replace(base: other)
        // The present model reads other channels: it cannot judge the text, and must not be taught with it.
        #expect(failure { try scene.correct(1, of: "wrist", "RW") } == .implausible)
        scene.learning.stop()
    }

    @Test func twoDaemonsCannotLearnInOneDirectory() throws {
        let scene = try LearningScene(in: folder)
        try withExtendedLifetime(scene) {
            _ = #expect(throws: StateFault.self) { _ = try LearningScene(in: folder) }
        }
    }

    @Test func whatDoesNotWork_isInTheDaemonsHealth_untilItWorks() throws {
        try folder.write("ductus", "a file where the state directory should be")
        let scene = try LearningScene(in: folder)
        scene.start()
        #expect(scene.health.waits { $0.degraded["learning"]?.contains("cannot be written") == true })
        try scene.finish(1)
        #expect(failure { try scene.correct(1, "no") } == .unavailable)
        try FileManager.default.removeItem(atPath: folder.path + "/ductus")
        #expect(try scene.correct(1, "no") == 1)
        #expect(scene.health.waits { $0.degraded.isEmpty })
        scene.learning.stop()
    }

    @Test func theLeastSureFinals_areSuggestedForReview() throws {
        let scene = try LearningScene(in: folder)
        scene.start()
        defer { scene.learning.stop() }
        for number in 1...20 { try scene.finish(UInt64(number), confidence: 0.9) }
        try scene.finish(21, text: "noon", confidence: 0.1)
        func suggestions(_ published: LearningScene.Published) -> [WireReviewSuggestion] {
            published.all.filter { $0.topic == .review(.named("desk")) }.compactMap {
                try? WireReviewSuggestion(wire: $0.payload)
            }
        }
        #expect(scene.published.wait { suggestions($0).contains { $0.segment == 21 } })
        let suggestion = try #require(suggestions(scene.published).first { $0.segment == 21 })
        #expect(suggestion.text == "noon" && suggestion.writer == "anna" && suggestion.ink != .init())
    }
}
