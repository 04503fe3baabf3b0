import DuctusFoundations
import DuctusNetwork
import DuctusRecognition
import Foundation
import Synchronization

/// The generations of one model on disk: which there are, and which serves each scope.
///
/// A folder: `bases/` with each base that generations descend from, so that they outlive an upgrade of the shipped model;
/// `shared/` and `writers/<name>/` with one file per generation and `current`, which names the one that serves.
///
/// Guarantees
/// - A generation serves only after its file is durable: file, then pointer, each written aside, synchronized and renamed. After a
///   crash at any instant the one before serves, or the new one, whole.
/// - What a crash left half done is removed when the store is opened.
/// - The base is never removed. A writer's folder stays below 1.5 MiB for a network of 629,000 weights: two generations.
public final class GenerationStore: Sendable {
    /// Generations kept of a writer: the one that serves and the one before.
    public static let keptOfWriter = 2

    private let folder: URL
    private let kept: Mutex<Int>
    /// One change at a time.
    private let pointers = Mutex<[Scope: Pointer]>([:])
    /// Counts rollbacks and erasures of a scope, so that a training that began before them does not undo them.
    private let interventions = Mutex<[Scope: Int]>([:])

    private struct Pointer: Codable, Sendable {
        /// 0: nothing learned serves; the shared generation, or the base.
        var current: UInt64 = 0
        /// The highest number given so far.
        var latest: UInt64 = 0
    }

    /// Opens the generations in `folder`, or begins with none.
    ///
    /// - Parameter keeping: generations of the shared scope that are kept, besides the base.
    public init(folder: URL, keeping: Int) throws(GenerationError) {
        self.folder = folder
        kept = Mutex(max(1, keeping))
        do {
            for name in ["bases", "shared", "writers"] {
                try FileManager.default.createDirectory(
                    at: folder.appending(path: name), withIntermediateDirectories: true)
            }
        } catch {
            throw .unwritable(path: folder.path, reason: "\(error)")
        }
        Self.removeTemporaryFiles(folder.appending(path: "bases"))
        for scope in [Scope.shared] + writers().map(Scope.writer) { recover(scope) }
    }

    /// Generations of the shared scope that are kept from now on.
    public func keep(_ count: Int) { kept.withLock { $0 = max(1, count) } }

    // MARK: What there is

    /// Writers that have generations of their own.
    public func writers() -> [String] {
        entries(of: folder.appending(path: "writers")).compactMap(FileName.decode).sorted()
    }

    /// The generation that serves a scope; 0 where none of its own does.
    public func current(of scope: Scope) -> UInt64 { pointers.withLock { $0[scope]?.current ?? 0 } }

    /// How often somebody decided what serves a scope, or erased something of it, since the store was opened.
    public func interventions(in scope: Scope) -> Int { interventions.withLock { $0[scope] ?? 0 } }

    /// All generations of a scope, ascending, without the base.
    public func records(of scope: Scope) -> [GenerationRecord] {
        numbers(of: scope).compactMap { try? GenerationFile.record(at: file($0, of: scope)) }
    }

    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`.
    public func record(of name: GenerationName) throws(GenerationError) -> GenerationRecord {
        let url = file(name.number, of: Scope(name.writer))
        guard FileManager.default.fileExists(atPath: url.path) else { throw .unknown(name) }
        return try GenerationFile.record(at: url)
    }

    /// Those that were trained on any of these corrections.
    public func generations(trainedOn corrections: Set<UInt64>) -> [GenerationName] {
        ([Scope.shared] + writers().map(Scope.writer)).flatMap(records(of:))
            .filter { !corrections.isDisjoint(with: $0.corrections) }.map(\.name)
    }

    /// A generation as a model.
    ///
    /// - Parameter base: The shipped model; a generation of an earlier base is put on that one instead, with the decoder of this.
    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`.
    public func model(of name: GenerationName, over base: BaseModel) throws(GenerationError) -> Model {
        let url = file(name.number, of: Scope(name.writer))
        guard let data = try? Data(contentsOf: url) else { throw .unknown(name) }
        let file = try GenerationFile(data, path: url.path)
        var model = base.model
        if file.record.baseHash != base.hash {
            let earlier = self.base(file.record.baseHash)
            do {
                model = try Model(
                    WeightFile(contentsOf: earlier), name: base.model.name, path: earlier.path, decoder: model.decoder,
                    languageModel: model.languageModel, precision: model.network.precision,
                    instructionSet: model.network.instructionSet)
                if let lexicon = base.model.lexicon { model = model.with(lexicon: lexicon) }
            } catch {
                throw .damaged(path: earlier.path)
            }
        }
        let network = model.network
        guard let parameters = file.parameters(base: network.parameters, layout: network.layout),
            let learned = try? Network(
                architecture: network.architecture, parameters: parameters, precision: network.precision,
                instructionSet: network.instructionSet)
        else { throw .damaged(path: url.path) }
        return model.with(network: learned)
    }

    // MARK: Changes

    /// Writes a generation and makes it serve.
    ///
    /// - Parameters:
    ///   - parameters: as `BaseModel.rounded` gave them, so that what serves is to the last bit what the gate saw.
    ///   - interventions: how many there were when the training began; nil: any number will do.
    /// - Throws: `GenerationError.overtaken` if there were more since, `GenerationError.unwritable`; then what serves goes on serving.
    public func promote(
        _ parameters: [Float], over base: BaseModel, scope: Scope, parent: GenerationName, corrections: [UInt64],
        figures: GateFigures, time: Int64, interventions: Int? = nil
    ) throws(GenerationError) -> GenerationRecord {
        try keep(base)
        return try change { pointers throws(GenerationError) in
            if let interventions, interventions != self.interventions(in: scope) { throw .overtaken(scope) }
            var pointer = pointers[scope] ?? Pointer()
            pointer.latest += 1
            pointer.current = pointer.latest
            let record = GenerationRecord(
                name: GenerationName(writer: scope.writer, number: pointer.latest), parent: parent, baseHash: base.hash,
                created: time, corrections: corrections, figures: figures)
            let network = base.model.network
            let file = GenerationFile(
                record: record, parameters: parameters, base: network.parameters, layout: network.layout)
            do {
                try FileManager.default.createDirectory(at: self.folder(of: scope), withIntermediateDirectories: true)
                try AtomicFile.write(try file.encoded(), to: self.file(pointer.latest, of: scope))
            } catch {
                throw .unwritable(path: self.folder(of: scope).path, reason: "\(error)")
            }
            try self.write(pointer, of: scope)
            pointers[scope] = pointer
            self.prune(scope, pointer)
            return record
        }
    }

    /// Makes an earlier generation serve again; number 0 is the base, or for a writer the shared one.
    ///
    /// - Returns: the one that served.
    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`, `GenerationError.unwritable`.
    public func rollback(to name: GenerationName) throws(GenerationError) -> GenerationName {
        let scope = Scope(name.writer)
        if name.number > 0 { _ = try record(of: name) }
        return try change { pointers throws(GenerationError) in
            guard var pointer = pointers[scope] ?? (scope == .shared ? Pointer() : nil) else { throw .unknown(name) }
            self.intervene(in: scope)
            let from = pointer.current
            pointer.current = name.number
            try self.write(pointer, of: scope)
            pointers[scope] = pointer
            return GenerationName(writer: name.writer, number: from)
        }
    }

    /// Removes everything of a writer. What is being trained now, for the writer or for everyone, will not be promoted.
    public func erase(writer: String) throws(GenerationError) {
        try change { pointers throws(GenerationError) in
            for scope in [Scope.shared, .writer(writer)] { self.intervene(in: scope) }
            let url = self.folder(of: .writer(writer))
            if FileManager.default.fileExists(atPath: url.path) {
                do {
                    try FileManager.default.removeItem(at: url)
                } catch {
                    throw .unwritable(path: url.path, reason: "\(error)")
                }
            }
            pointers[.writer(writer)] = nil
        }
    }

    /// Called while the pointers are locked: a promotion sees it, or came before.
    private func intervene(in scope: Scope) { interventions.withLock { $0[scope, default: 0] += 1 } }

    private func change<Value: Sendable>(
        _ body: (inout [Scope: Pointer]) throws(GenerationError) -> Value
    ) throws(GenerationError) -> Value {
        let result: Result<Value, GenerationError> = pointers.withLock { pointers in
            do throws(GenerationError) { return .success(try body(&pointers)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Keeps a copy of the base, which generations are differences from.
    private func keep(_ base: BaseModel) throws(GenerationError) {
        let url = self.base(base.hash)
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

    /// Removes the oldest; that it fails is no reason to reject anything.
    private func prune(_ scope: Scope, _ pointer: Pointer) {
        let count = scope == .shared ? kept.withLock { $0 } : Self.keptOfWriter
        for number in numbers(of: scope).dropLast(count) where number != pointer.current {
            try? FileManager.default.removeItem(at: file(number, of: scope))
        }
    }

    // MARK: After a crash

    /// Reads the pointer of a scope; removes what was never promoted; steps down from a generation that is not whole.
    private func recover(_ scope: Scope) {
        let folder = folder(of: scope)
        Self.removeTemporaryFiles(folder)
        let data = try? Data(contentsOf: folder.appending(path: "current"))
        // Where a pointer cannot be read nobody knows what was rolled back: the base serves, and every generation stays to be chosen from.
        let unreadable = Pointer(current: 0, latest: data == nil ? 0 : numbers(of: scope).last ?? 0)
        var pointer = data.flatMap { try? JSONDecoder().decode(Pointer.self, from: $0) } ?? unreadable
        for number in numbers(of: scope) where number > pointer.latest {
            try? FileManager.default.removeItem(at: file(number, of: scope))
        }
        if pointer.current > 0, !isWhole(pointer.current, of: scope) {
            let earlier = numbers(of: scope).last { $0 < pointer.current && isWhole($0, of: scope) }
            pointer.current = earlier ?? 0
        }
        pointers.withLock { $0[scope] = pointer }
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

    private func base(_ hash: String) -> URL { folder.appending(path: "bases/\(hash).safetensors") }

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

/// Why a generation cannot be had, or kept.
public enum GenerationError: Error, Equatable, CustomStringConvertible {
    case unknown(GenerationName)
    case damaged(path: String)
    case unwritable(path: String, reason: String)
    /// What serves the scope was decided otherwise while its training ran.
    case overtaken(Scope)

    public var description: String {
        switch self {
        case .unknown(let name): "there is no generation \(name); `ductus model list` shows those that are kept"
        case .damaged(let path): "generation \(path) is not whole; roll back to another one"
        case .unwritable(let path, let reason):
            "generations \(path): \(reason); check that the folder can be written and has room"
        case .overtaken(let scope): "what serves \(scope) was changed while its training ran"
        }
    }
}
