import Ductus
import DuctusLearning
import Foundation
import StreamingTestSupport
import Synchronization
import Testing

/// The library keeps corrections in its folder, and trains when it is told to.
@Suite struct LearningModelTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "learning-\(UUID().uuidString)")

    private func final(of pen: PenStream, seed: UInt64) async throws -> Label {
        var scribbler = ScribblingPen(seed: seed)
        _ = scribbler.letters(5)
        for stroke in scribbler.strokes { try pen.add(stroke) }
        try pen.endLine()
        for await label in pen.labels where label.isFinal { return label }
        throw LearningFault.partial
    }

    @Test func correctionsAreKeptTrainedOnAndErased() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let events = Mutex<[String]>([])
        let learning = try LearningModel(try TinyModel.make(wildness: 0.01), folder: folder, trainsInBackground: false)
        {
            event in events.withLock { $0.append("\(event)") }
        }
        let pen = try learning.makeReader().makePen(writer: "anna")
        for seed: UInt64 in 1...3 {
            let kept = try learning.correct(try await final(of: pen, seed: seed), to: "no")
            #expect(kept.correction.writer == "anna")
            #expect(kept.number == seed)
        }
        #expect(try learning.train() > 0)
        #expect(try learning.train() == 0)
        #expect(try learning.erase(.writer("anna")) == 3)
        #expect(try learning.erase(.writer("anna")) == 0)
        learning.close()
    }

    @Test func aPartialLabelIsNoCorrection() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let learning = try LearningModel(try TinyModel.make(), folder: folder)
        let pen = try learning.makeReader().makePen()
        var label = try await final(of: pen, seed: 1)
        #expect(throws: LearningFault.trainsInBackground) { try learning.train() }
        label.isFinal = false
        #expect(throws: LearningFault.partial) { try learning.correct(label, to: "no") }
        (label.isFinal, label.line) = (true, label.line + 1)
        #expect(throws: CorrectionFault.forgotten) { try learning.correct(label, to: "no") }
        learning.close()
    }

    @Test func aFolderIsHeldByOneModel() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = try TinyModel.make()
        let learning = try LearningModel(model, folder: folder)
        #expect(throws: (any Error).self) { try LearningModel(model, folder: folder) }
        learning.close()
        try LearningModel(model, folder: folder).close()
    }
}
