import AdaptationTestSupport
import DuctusAdaptation
import DuctusStreaming
import Foundation
import StreamingTestSupport
import Synchronization
import Testing

/// What may happen while a training runs, each at a given instant of it.
///
///     training      correct ── begin ── pause 1 ── pause 2 ── pause 3 ── promote
///     somebody else                       ▲ here
@Suite struct TrainingRaceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aTrainingThatNobodyDisturbs_isPromoted() throws {
        let scene = try LearningServiceScene(in: folder)
        let corrections = try scene.correct(1...4, of: "anna")
        #expect(corrections.map(\.state) == [.pending, .pending, .pending, .pending])
        #expect(scene.queue.runNext() && !scene.queue.runNext())
        #expect(scene.serving("anna") == .init(writer: "anna", number: 1))
        #expect(try scene.service.journal.scopesWithPending().isEmpty)
    }

    @Test(arguments: 1...LearningServiceScene.pauses) func aRollbackIsNotUndone(pause: Int) throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        scene.queue.runNext()
        try scene.correct(5...6, of: "anna")
        scene.atPause { [service = scene.service] _, step in
            if step == pause {
                do { _ = try service.rollback(to: .init(writer: "anna", number: 0)) } catch { Issue.record(error) }
            }
        }
        #expect(scene.queue.runNext() && !scene.queue.runNext())
        #expect(scene.begun.count == 2)
        #expect(scene.serving("anna") == .init(number: 0))
        #expect(try scene.service.archive.current(of: .writer("anna")) == 0)
        #expect(try scene.service.journal.scopesWithPending().isEmpty, "what waited is set aside")
        // A correction that comes later is learned from, together with those.
        scene.atPause(nil)
        try scene.correct(7...7, of: "anna")
        scene.queue.runNext()
        #expect(scene.inputs.last?.segments.count == 5 && scene.serving("anna").number == 2)
    }

    @Test(arguments: 1...LearningServiceScene.pauses) func anErasureIsNotUndone(pause: Int) throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        scene.atPause { [service = scene.service] _, step in
            if step == pause {
                do { #expect(try service.erase(.writer("anna")).corrections == 4) } catch { Issue.record(error) }
            }
        }
        #expect(scene.queue.runNext() && !scene.queue.runNext())
        #expect(scene.serving("anna") == .init(number: 0))
        #expect(try scene.service.archive.writers().isEmpty && scene.service.journal.count() == 0)
    }

    @Test func anErasureOfSomebody_endsEveryonesTraining_whichBeginsAgainWithTheOthers() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        try scene.correct(5...8, of: nil, stream: "door")
        scene.atPause { [service = scene.service] scope, step in
            if scope == .shared, step == 2, (try? service.journal.count()) == 8 {
                do { _ = try service.erase(.writer("anna")) } catch { Issue.record(error) }
            }
        }
        while scene.queue.runNext() {}
        #expect(scene.begun == [.writer("anna"), .shared, .shared])
        #expect(scene.inputs.last?.segments.count == 3 && scene.serving(nil).number == 1)
        #expect(try scene.service.archive.record(of: .init(number: 1)).corrections == [5, 7, 8])
    }

    @Test func corrections_ofNobody_areErasedWhileTheyAreTrainedOn() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: nil, stream: "door")
        scene.atPause { [service = scene.service] _, step in
            if step == 1 {
                do { _ = try service.erase(.nobody(stream: "door")) } catch { Issue.record(error) }
            }
        }
        #expect(scene.queue.runNext() && !scene.queue.runNext())
        #expect(try scene.service.archive.current(of: .shared) == 0 && scene.service.journal.count() == 0)
    }

    @Test func everyonesTraining_isInterruptedForAPersons_andGoesOnAfterIt() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...8, of: nil, stream: "door")
        let order = Mutex<[String]>([])
        scene.atPause { [scene] scope, step in
            order.withLock { $0.append("\(scope) \(step)") }
            if scope == .shared, step == 2 {
                do { try scene.correct(11...14, of: "ben", stream: "tablet") } catch { Issue.record(error) }
            }
        }
        scene.queue.runNext()
        #expect(order.withLock { $0 } == ["shared 1", "shared 2", "ben 1", "ben 2", "ben 3", "shared 3"])
        #expect(scene.serving("ben").writer == "ben" && scene.serving(nil).number == 1)
        scene.atPause(nil)
    }

    @Test func aCorrectionThatComesWhileItsWritersWeightsAreTrained_isInTheNextTraining() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        scene.atPause { [scene] _, step in
            if step == 2, scene.begun.count == 1 {
                do { try scene.correct(5...5, of: "anna") } catch { Issue.record(error) }
            }
        }
        scene.queue.runNext()
        #expect(try scene.service.journal.scopesWithPending() == [.writer("anna")])
        scene.queue.runNext()
        #expect(scene.inputs.map(\.segments.count) == [3, 4])
        #expect(try scene.service.journal.scopesWithPending().isEmpty)
        scene.atPause(nil)
    }

    @Test func aStopEndsTheTrainingThatRuns_andTheNextLifeBeginsItAgain() throws {
        do {
            let scene = try LearningServiceScene(in: folder)
            try scene.correct(1...4, of: "anna")
            let begun = DispatchSemaphore(value: 0), goOn = DispatchSemaphore(value: 0)
            scene.atPause { _, step in
                if step == 1 {
                    begun.signal()
                    goOn.wait()
                }
            }
            scene.queue.start()
            begun.wait()
            // The queue is told to stop while the training stands at its first pause.
            #expect(!scene.queue.stop(within: 0))
            goOn.signal()
            #expect(scene.queue.stop())
            #expect(scene.serving("anna") == .init(number: 0))
            scene.service.close()
        }
        let next = try LearningServiceScene(in: folder)
        #expect(next.queue.runNext())
        #expect(next.serving("anna") == .init(writer: "anna", number: 1))
    }

    @Test func whatIsRolledBackBeforeItsTrainingBegins_isNotTrained() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        scene.queue.runNext()
        try scene.correct(5...5, of: "anna")
        _ = try scene.service.rollback(to: .init(writer: "anna", number: 0))
        #expect(!scene.queue.runNext())
    }

    /// Nothing has been promoted yet: what runs would be the first generation.
    @Test(arguments: 1...LearningServiceScene.pauses) func aRollbackDuringTheFirstTrainingIsNotUndone(pause: Int) throws
    {
        let scene = try LearningServiceScene(in: folder)
        try scene.correct(1...4, of: "anna")
        let rollbacks = Atomic(0)
        scene.atPause { [service = scene.service] _, step in
            if step == pause {
                rollbacks.add(1, ordering: .relaxed)
                do { _ = try service.rollback(to: .init(writer: "anna", number: 0)) } catch { Issue.record(error) }
            }
        }
        #expect(scene.queue.runNext() && !scene.queue.runNext())
        #expect(rollbacks.load(ordering: .relaxed) == 1)
        #expect(scene.serving("anna") == .init(number: 0))
        #expect(try scene.service.archive.current(of: .writer("anna")) == 0)
        scene.atPause(nil)
        try scene.correct(5...5, of: "anna")
        scene.queue.runNext()
        #expect(scene.serving("anna") == .init(writer: "anna", number: 1))
    }

    @Test func aWriterWhoNeverCorrectedHasNothingToGoBackTo() throws {
        let scene = try LearningServiceScene(in: folder)
        let nobody = GenerationName(writer: "nobody", number: 0)
        #expect(throws: GenerationError.unknown(nobody)) { try scene.service.rollback(to: nobody) }
    }

    @Test func aSegmentOfAnErasedWriter_cannotBeCorrected() throws {
        let scene = try LearningServiceScene(in: folder)
        try scene.finish(1, of: "anna")
        guard case .known(let segment) = scene.service.place(of: 1, in: .named("desk")) else {
            Issue.record("the segment is not known")
            return
        }
        _ = try scene.service.erase(.writer("anna"))
        #expect(throws: CorrectionFault.forgotten) { try scene.service.correct(segment, to: "no") }
        #expect(try scene.service.journal.count() == 0)
    }
}
