import DuctusAdaptation
import DuctusDaemon
import DuctusWire
import Foundation
import Testing

@Suite struct LearningHandlerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func theJournalsOfAllPipelines_areExportedPageByPage() throws {
        let scene = try LearningScene(in: folder, pipelines: ["a", "b"])
        scene.start()
        defer { scene.learning.stop() }
        for (stream, writer) in [("a-desk", "anna"), ("b-desk", "ben")] {
            for number in 1...2 {
                try scene.finish(UInt64(number), of: stream, writer: writer)
                try scene.correct(UInt64(number), of: stream, "no")
            }
        }
        var request = WireExportJournalRequest.with { $0.limit = 1 }
        var read: [String] = []
        while true {
            let reply = try scene.exportJournal(request)
            for entry in reply.entries {
                read.append("\(entry.pipeline) \(entry.stream) \(entry.correction)")
                (request.pipeline, request.after) = (entry.pipeline, entry.correction)
            }
            guard reply.more else { break }
        }
        #expect(read == ["a a-desk 1", "a a-desk 2", "b b-desk 1", "b b-desk 2"])
        #expect(try scene.exportJournal(.with { $0.writer = "ben" }).entries.map(\.pipeline) == ["b", "b"])
    }

    @Test(.enabled(if: LearningScene.english != nil, "there is no models/english"))
    func generations_areListedWithTheirPipeline_andRolledBackThere() throws {
        let scene = try LearningScene(in: folder, model: LearningScene.english, pipelines: ["a", "b"])
        scene.start()
        #expect(try scene.teach("ben", stream: "b-desk"))
        scene.learning.stop()
        let list = try scene.ask(.listModels(.with { $0.writer = "ben" })).listed()
        let listed = try #require(list.generations.last)
        #expect(listed.pipeline == "b" && listed.inUse && listed.hasParent)
        let shown = try scene.ask(.showModel(.with { $0.generation = listed.generation })).shown()
        #expect(shown.record == listed && !shown.corrections.isEmpty)
        let request = WireRollbackModelRequest.with {
            $0.generation = .with { $0.writer = "ben" }
            $0.pipeline = "a"
        }
        #expect(failure { _ = try scene.ask(.rollbackModel(request)) } == .unknownGeneration)
        _ = try scene.ask(
            .rollbackModel(
                .with {
                    $0.generation = request.generation; $0.pipeline = "b"
                }))
        #expect(try scene.learning.services[1].archive.current(of: .writer("ben")) == 0)
        #expect(failure { _ = try scene.ask(.rollbackModel(.with { $0.pipeline = "c" })) } == .invalidArgument)
    }

    @Test func otherRequests_areNotItsOwn() throws {
        let scene = try LearningScene(in: folder)
        let isTaken = scene.handler.handle(WireControlRequest(id: 1, .status(.init())), from: .unknown) { _ in }
        #expect(!isTaken)
    }

    @Test func corrections_withoutAWritersName_areFoundAndErased() throws {
        let scene = try LearningScene(in: folder)
        scene.start()
        for (number, writer) in ["anna", nil, nil].enumerated() {
            let stream = number == 2 ? "door" : "desk"
            try scene.finish(UInt64(number), of: stream, writer: writer)
            try scene.correct(UInt64(number), of: stream, "no")
        }
        #expect(failure { _ = try scene.ask(.eraseJournal(.init())) } == .invalidArgument)
        #expect(try scene.exportJournal(.with { $0.nameless = true }).entries.map(\.stream) == ["desk", "door"])
        let found = try scene.exportJournal(.with { ($0.nameless, $0.stream) = (true, "door") })
        #expect(found.entries.map(\.stream) == ["door"] && found.entries.map(\.state) == ["pending"])
        let request = WireEraseJournalRequest.with { ($0.nameless, $0.stream) = (true, "door") }
        guard case .eraseJournal(let first) = try scene.ask(.eraseJournal(request)) else {
            throw LearningScene.anotherReply
        }
        #expect(first.corrections == 1)
        guard case .eraseJournal(let rest) = try scene.ask(.eraseJournal(.with { $0.nameless = true })) else {
            throw LearningScene.anotherReply
        }
        #expect(rest.corrections == 1)
        #expect(try scene.exportJournal(.init()).entries.map(\.writer) == ["anna"])
    }
}
