import DuctusAdaptation
import DuctusNetwork
import DuctusRecognition

/// An archive that tells of each file which it has fetched to serve a scope, so that a test can do something before the weights are ready.
final class WatchedArchive: GenerationArchive {
    private let archive: FileArchive
    private let watching: @Sendable (Scope) -> Void

    init(_ archive: FileArchive, watching: @escaping @Sendable (Scope) -> Void) {
        self.archive = archive
        self.watching = watching
    }

    func currentFile(of scope: Scope) throws(GenerationError) -> GenerationFile? {
        let file = try archive.currentFile(of: scope)
        watching(scope)
        return file
    }

    func serving() throws(GenerationError) -> [Scope: UInt64] { try archive.serving() }
    func records(of scope: Scope) throws(GenerationError) -> [GenerationRecord] { try archive.records(of: scope) }
    func record(of name: GenerationName) throws(GenerationError) -> GenerationRecord { try archive.record(of: name) }
    func file(of name: GenerationName) throws(GenerationError) -> GenerationFile { try archive.file(of: name) }
    func base(_ hash: String) throws(GenerationError) -> WeightFile { try archive.base(hash) }
    func interventions(in scope: Scope) throws(GenerationError) -> Int { try archive.interventions(in: scope) }
    func intervene(in scope: Scope) throws(GenerationError) { try archive.intervene(in: scope) }
    func promote(
        _ candidate: GenerationCandidate, over base: BaseModel, interventions: Int?
    ) throws(GenerationError) -> GenerationRecord {
        try archive.promote(candidate, over: base, interventions: interventions)
    }
    func rollback(to name: GenerationName) throws(GenerationError) -> GenerationName {
        try archive.rollback(to: name)
    }
    func erase(writer: String) throws(GenerationError) { try archive.erase(writer: writer) }
    func keep(_ count: Int) { archive.keep(count) }
}
