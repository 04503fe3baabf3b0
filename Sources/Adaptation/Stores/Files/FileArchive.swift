import DuctusFoundations
import DuctusNetwork
import DuctusRecognition
import Foundation
import Synchronization

/// Generations in a folder of files.
///
/// `bases/` has each base that generations descend from, so that they outlive an upgrade of the shipped model; `shared/` and
/// `writers/<name>/` have one file per generation and `current`, which names the one that serves.
///
/// Guarantees, besides those of `GenerationArchive`
/// - Files are written aside, synchronized and renamed: the generation first, then the pointer to it.
/// - The first use removes files that a crash left unfinished. In place of a damaged generation, the one before serves.
/// - A folder that was deleted while in use is made again.
/// - A writer's folder stays below 1.5 MiB for a network of 629,000 weights: two generations.
public final class FileArchive: GenerationArchive {
    private let folder: URL
    private let directory: StateDirectory?
    private let remark: @Sendable (String) -> Void
    private let kept: Mutex<Int>
    /// One change at a time.
    private let state = Mutex(State())

    private struct State {
        /// The tenure of the directory in which the pointers were read; nil: they were not read yet.
        var tenure: Int?
        var pointers: [Scope: Pointer] = [:]
        /// Counts rollbacks and erasures of a scope, so that a training that began before them does not undo them.
        var interventions: [Scope: Int] = [:]
    }

    private struct Pointer: Codable, Sendable {
        /// 0: nothing learned serves; the shared generation, or the base.
        var current: UInt64 = 0
        /// The highest number given so far.
        var latest: UInt64 = 0
    }

    /// Makes an archive without touching the disk. The first use reads the folder, or creates it.
    ///
    /// - Parameters:
    ///   - keeping: generations of the shared scope that are kept, besides the base.
    ///   - directory: the state directory, whose lock must be held while the folder is written.
    ///   - remark: called with messages for an operator.
    public init(
        folder: URL, keeping: Int, in directory: StateDirectory? = nil,
        remark: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.folder = folder
        self.directory = directory
        self.remark = remark
        kept = Mutex(max(1, keeping))
    }

    public func keep(_ count: Int) { kept.withLock { $0 = max(1, count) } }

    // MARK: What there is

    public func serving() throws(GenerationError) -> [Scope: UInt64] {
        try change { state throws(GenerationError) in state.pointers.mapValues(\.current) }
    }

    public func interventions(in scope: Scope) throws(GenerationError) -> Int {
        try change { state throws(GenerationError) in state.interventions[scope] ?? 0 }
    }

    public func intervene(in scope: Scope) throws(GenerationError) {
        try change { state throws(GenerationError) in state.interventions[scope, default: 0] += 1 }
    }

    public func records(of scope: Scope) throws(GenerationError) -> [GenerationRecord] {
        numbers(of: scope).compactMap { try? GenerationFile.record(at: file($0, of: scope)) }
    }

    public func record(of name: GenerationName) throws(GenerationError) -> GenerationRecord {
        let url = file(name.number, of: Scope(name.writer))
        guard FileManager.default.fileExists(atPath: url.path) else { throw .unknown(name) }
        return try GenerationFile.record(at: url)
    }

    public func file(of name: GenerationName) throws(GenerationError) -> GenerationFile {
        let url = file(name.number, of: Scope(name.writer))
        guard let data = try? Data(contentsOf: url) else { throw .unknown(name) }
        return try GenerationFile(data, path: url.path)
    }

    public func base(_ hash: String) throws(GenerationError) -> WeightFile {
        let url = baseFile(hash)
        do {
            return try WeightFile(contentsOf: url)
        } catch {
            throw .damaged(path: url.path)
        }
    }

    // MARK: Changes

    public func promote(
        _ candidate: GenerationCandidate, over base: BaseModel, interventions: Int? = nil
    ) throws(GenerationError) -> GenerationRecord {
        let scope = candidate.scope
        return try change { state throws(GenerationError) in
            if let interventions, interventions != state.interventions[scope] ?? 0 { throw .overtaken(scope) }
            try self.keep(base)
            var pointer = state.pointers[scope] ?? Pointer()
            pointer.latest += 1
            pointer.current = pointer.latest
            let record = candidate.record(number: pointer.latest, over: base)
            do {
                try FileManager.default.createDirectory(at: self.folder(of: scope), withIntermediateDirectories: true)
                try AtomicFile.write(
                    try candidate.file(record, over: base).encoded(), to: self.file(pointer.latest, of: scope))
            } catch {
                throw .unwritable(path: self.folder(of: scope).path, reason: "\(error)")
            }
            try self.write(pointer, of: scope)
            state.pointers[scope] = pointer
            self.prune(scope, pointer)
            return record
        }
    }

    public func rollback(to name: GenerationName) throws(GenerationError) -> GenerationName {
        let scope = Scope(name.writer)
        return try change { state throws(GenerationError) in
            if name.number > 0 { _ = try self.record(of: name) }
            guard var pointer = state.pointers[scope] ?? (scope == .shared ? Pointer() : nil) else {
                throw .unknown(name)
            }
            state.interventions[scope, default: 0] += 1
            let from = pointer.current
            pointer.current = name.number
            try self.write(pointer, of: scope)
            state.pointers[scope] = pointer
            return GenerationName(writer: name.writer, number: from)
        }
    }

    public func erase(writer: String) throws(GenerationError) {
        try change { state throws(GenerationError) in
            for scope in [Scope.shared, .writer(writer)] { state.interventions[scope, default: 0] += 1 }
            let url = self.folder(of: .writer(writer))
            if FileManager.default.fileExists(atPath: url.path) {
                do {
                    try FileManager.default.removeItem(at: url)
                } catch {
                    throw .unwritable(path: url.path, reason: "\(error)")
                }
            }
            state.pointers[.writer(writer)] = nil
        }
    }

    /// Runs `body` alone, once the folder is known to be there and its pointers are read.
    private func change<Value: Sendable>(
        _ body: (inout State) throws(GenerationError) -> Value
    ) throws(GenerationError) -> Value {
        let result: Result<Value, GenerationError> = state.withLock { state in
            do throws(GenerationError) {
                try prepare(&state)
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func hold() throws(GenerationError) -> Int {
        do throws(StateFault) { return try directory?.hold() ?? 0 } catch { throw .noDirectory(error) }
    }

    private func prepare(_ state: inout State) throws(GenerationError) {
        var tenure = try hold()
        let isThere = FileManager.default.fileExists(atPath: folder.appending(path: "shared").path)
        guard state.tenure != tenure || !isThere else { return }
        if state.tenure != nil, !isThere {
            remark("the generations in \(folder.path) were removed while they were in use")
            directory?.awaitRemoval()
            tenure = try hold()
        }
        do {
            for name in ["bases", "shared", "writers"] {
                try FileManager.default.createDirectory(
                    at: folder.appending(path: name), withIntermediateDirectories: true)
            }
        } catch {
            throw .unwritable(path: folder.path, reason: error.localizedDescription)
        }
        Self.removeTemporaryFiles(folder.appending(path: "bases"))
        let names = entries(of: folder.appending(path: "writers")).compactMap(FileName.decode)
        state.pointers = [:]
        for scope in [Scope.shared] + names.map(Scope.writer) { state.pointers[scope] = recover(scope) }
        state.tenure = tenure
    }

    /// Keeps a copy of the base, which generations are differences from.
    private func keep(_ base: BaseModel) throws(GenerationError) {
        let url = baseFile(base.hash)
        guard !FileManager.default.fileExists(atPath: url.path) else { return }
        do {
            var file = try base.model.weightFile()
            file.extras = file.extras.filter { $0.key.hasPrefix("features.") }
            try file.write(to: url)
        } catch {
            throw .unwritable(path: url.path, reason: "\(error)")
        }
    }

    private func write(_ pointer: Pointer, of scope: Scope) throws(GenerationError) {
        let url = folder(of: scope).appending(path: "current")
        do {
            try AtomicFile.write(try JSONEncoder().encode(pointer), to: url)
        } catch {
            throw .unwritable(path: url.path, reason: "\(error)")
        }
    }

    /// Removes the oldest generations. A failure here is no reason to reject the new one.
    private func prune(_ scope: Scope, _ pointer: Pointer) {
        let count = scope == .shared ? kept.withLock { $0 } : Self.keptOfWriter
        for number in numbers(of: scope).dropLast(count) where number != pointer.current {
            try? FileManager.default.removeItem(at: file(number, of: scope))
        }
    }

    // MARK: After a crash

    /// Reads the pointer of a scope; removes what was never promoted; steps down from a generation that is not whole.
    private func recover(_ scope: Scope) -> Pointer {
        let folder = folder(of: scope)
        Self.removeTemporaryFiles(folder)
        let url = folder.appending(path: "current")
        let data = try? Data(contentsOf: url)
        // If the pointer is damaged, rollbacks are not known any more. Then the base serves, and all generations are
        // kept, so that an operator can choose one.
        let unreadable = Pointer(current: 0, latest: data == nil ? 0 : numbers(of: scope).last ?? 0)
        var pointer = unreadable
        if let data {
            if let read = try? JSONDecoder().decode(Pointer.self, from: data) {
                pointer = read
            } else {
                remark("\(url.path) is damaged; what was shipped, or everyone's, serves until a rollback names another")
            }
        }
        for number in numbers(of: scope) where number > pointer.latest {
            try? FileManager.default.removeItem(at: file(number, of: scope))
        }
        if pointer.current > 0, !isWhole(pointer.current, of: scope) {
            let earlier = numbers(of: scope).last { $0 < pointer.current && isWhole($0, of: scope) }
            remark(
                "generation \(GenerationName(writer: scope.writer, number: pointer.current)) is damaged; "
                    + "\(earlier.map { "number \($0) serves" } ?? "what was shipped, or everyone's, serves") instead")
            pointer.current = earlier ?? 0
        }
        return pointer
    }

    private func isWhole(_ number: UInt64, of scope: Scope) -> Bool {
        let url = file(number, of: scope)
        guard let data = try? Data(contentsOf: url) else { return false }
        return (try? GenerationFile(data, path: url.path)) != nil
    }

    private static func removeTemporaryFiles(_ folder: URL) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where name.hasPrefix(".")
        {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    // MARK: Names of files

    private func entries(of folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { !$0.hasPrefix(".") }
    }

    private func numbers(of scope: Scope) -> [UInt64] {
        entries(of: folder(of: scope)).compactMap { name in
            name.hasSuffix(".generation") ? UInt64(name.dropLast(".generation".count)) : nil
        }.sorted()
    }

    private func baseFile(_ hash: String) -> URL { folder.appending(path: "bases/\(hash).safetensors") }

    private func folder(of scope: Scope) -> URL {
        switch scope {
        case .shared: folder.appending(path: "shared")
        case .writer(let name): folder.appending(path: "writers").appending(path: FileName.encode(name))
        }
    }

    private func file(_ number: UInt64, of scope: Scope) -> URL {
        folder(of: scope).appending(path: "\(number).generation")
    }
}
