import AdaptationTestSupport
import DuctusAdaptation
import DuctusStreaming
import Foundation
import StreamingTestSupport
import Synchronization
import Testing

/// What may happen between fetching a scope's weights and putting them into use.
@Suite struct LoadingRaceTests {
    /// Does something once, when the weights of a writer were fetched.
    private final class Interruption: Sendable {
        private let state = Mutex<(writer: String, body: @Sendable () -> Void)?>(nil)

        func set(_ writer: String, _ body: @escaping @Sendable () -> Void) { state.withLock { $0 = (writer, body) } }

        func fetched(_ scope: Scope) {
            let body = state.withLock { state -> (@Sendable () -> Void)? in
                guard let (writer, body) = state, scope == .writer(writer) else { return nil }
                state = nil
                return body
            }
            body?()
        }
    }

    private let folder: TemporaryFolder
    private let scene: LearningServiceScene
    private let interruption = Interruption()

    init() throws {
        folder = try TemporaryFolder()
        scene = try LearningServiceScene(in: folder, watching: { [interruption] in interruption.fetched($0) })
        try scene.correct(1...4, of: "anna")
        try scene.correct(5...8, of: "ben")
        while scene.queue.runNext() {}
    }

    /// A training makes its weights ready on a thread that gives way to everything; meanwhile another writer's must come.
    @Test func aWritersWeightsDoNotWaitForAnothers() throws {
        scene.service.models.dropUnused()
        scene.service.models.dropUnused()
        #expect(scene.service.models.heldWriters.isEmpty)
        let loaded = Atomic<Bool>(false)
        interruption.set("anna") { [service = scene.service] in
            do {
                try service.load(.writer("ben"))
                loaded.store(service.models.heldWriters == ["ben"], ordering: .sequentiallyConsistent)
            } catch { Issue.record(error) }
        }
        try scene.service.load(.writer("anna"))
        let wasLoaded = loaded.load(ordering: .sequentiallyConsistent)
        #expect(wasLoaded)
        #expect(Set(scene.service.models.heldWriters) == ["anna", "ben"])
        #expect(scene.serving("anna").writer == "anna" && scene.serving("ben").writer == "ben")
    }

    @Test func weightsThatWereRolledBackMeanwhileDoNotServe() throws {
        interruption.set("anna") { [service = scene.service] in
            do { _ = try service.rollback(to: .init(writer: "anna", number: 0)) } catch { Issue.record(error) }
        }
        try scene.service.load(.writer("anna"))
        #expect(scene.serving("anna").writer == nil)
    }
}
