import DuctusAdaptation
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct GenerationModelsTests {
    private let base: BaseModel
    private let models: GenerationModels

    init() throws {
        base = BaseModel(try TinyModel.make())
        models = GenerationModels(base: base, capacity: 2)
    }

    private func own(_ writer: String, _ number: UInt64) -> Served {
        Served(model: base.model, generation: .init(writer: writer, number: number))
    }

    @Test func aWriterHasItsOwn_othersTheSharedOne() {
        models.serve(own("anna", 3), to: .writer("anna"))
        models.serve(Served(model: base.model, generation: .init(number: 5)), to: .shared)
        #expect(models.current(for: "anna").generation == .init(writer: "anna", number: 3))
        #expect(models.current(for: "ben").generation.number == 5 && models.current(for: nil).generation.number == 5)
        models.forget("anna")
        #expect(models.current(for: "anna").generation.number == 5)
    }

    @Test func whatIsInTheArchiveOnly_isWantedOnce_andTheSharedOneServesMeanwhile() {
        models.know(["anna"])
        #expect(models.takeRequests().writers.isEmpty)
        for _ in 0..<3 { #expect(models.current(for: "anna").generation.writer == nil) }
        #expect(models.takeRequests().writers == ["anna"])
        models.serve(own("anna", 1), to: .writer("anna"))
        #expect(models.current(for: "anna").generation.writer == "anna" && models.takeRequests().writers.isEmpty)
        #expect(models.requests.take().count == 1)
    }

    @Test func whoWroteBeforeTheArchiveWasKnown_isWantedAsSoonAsItIs() {
        for writer in ["anna", "ben"] { #expect(models.current(for: writer).generation.writer == nil) }
        #expect(models.takeRequests().writers.isEmpty && models.requests.take().isEmpty)
        models.know(["anna", "cora"])
        #expect(models.requests.take().count == 1)
        #expect(models.takeRequests().writers == ["anna"])
    }

    @Test func whoDoesNotWrite_isDroppedFromMemory_andWantedAgain() {
        models.serve(own("anna", 1), to: .writer("anna"))
        models.serve(own("ben", 1), to: .writer("ben"))
        models.dropUnused()
        _ = models.current(for: "anna")
        models.dropUnused()
        #expect(models.heldWriters == ["anna"])
        #expect(models.current(for: "ben").generation.writer == nil && models.takeRequests().writers == ["ben"])
    }

    @Test func ofTooMany_theLongestUnusedIsDropped_andAskedForAgain() {
        models.serve(own("anna", 1), to: .writer("anna"))
        models.serve(own("ben", 1), to: .writer("ben"))
        _ = models.current(for: "anna")
        models.serve(own("cora", 1), to: .writer("cora"))
        #expect(models.current(for: "anna").generation.writer == "anna")
        #expect(models.current(for: "ben").generation.writer == nil)
        #expect(models.takeRequests().writers == ["ben"])
    }

    @Test func anotherBase_replacesItself_notWhatWasLearned() throws {
        let next = try TinyModel.make(seed: 2)
        models.serve(own("anna", 1), to: .writer("anna"))
        models.replace(base: next)
        #expect(models.current(for: nil).model === next && models.base.hash == BaseModel(next).hash)
        #expect(models.current(for: "anna").model === base.model)
        #expect(models.takeRequests().hasNewBase)
        #expect(!models.takeRequests().hasNewBase)
        models.serve(Served(model: base.model, generation: .init(number: 1)), to: .shared)
        models.replace(base: try TinyModel.make(seed: 3))
        #expect(models.current(for: nil).model === base.model)
    }
}
