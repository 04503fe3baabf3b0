import DuctusNetwork
import DuctusRecognition

/// Keeps the generations of one model, and which of them serves each scope.
///
/// An implementation recovers by itself where it can: each call tries again what failed before. Every implementation must pass
/// `Tests/AdaptationTestSupport/GenerationArchiveConformance.swift`.
///
/// Guarantees
/// - A generation serves only after it is durable. After a crash at any instant either the former generation serves, or the whole new one.
/// - Numbers of a scope ascend and are never given twice.
/// - The base that a generation descends from is kept as long as the generation is.
/// - Used from any thread; all calls may block on a disk or a network.
public protocol GenerationArchive: Sendable {
    /// The generation that serves each scope that has any of its own; 0 where none does any more.
    func serving() throws(GenerationError) -> [Scope: UInt64]

    /// The generation that serves a scope; 0 where none of its own does.
    func current(of scope: Scope) throws(GenerationError) -> UInt64

    /// The file of the generation that serves a scope; nil where none of its own does.
    ///
    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`.
    func currentFile(of scope: Scope) throws(GenerationError) -> GenerationFile?

    /// All generations of a scope, ascending, without the base.
    func records(of scope: Scope) throws(GenerationError) -> [GenerationRecord]

    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`.
    func record(of name: GenerationName) throws(GenerationError) -> GenerationRecord

    /// The weights of a generation, as differences from its base.
    ///
    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`.
    func file(of name: GenerationName) throws(GenerationError) -> GenerationFile

    /// A base that generations descend from, by its hash.
    ///
    /// - Throws: `GenerationError.damaged`.
    func base(_ hash: String) throws(GenerationError) -> WeightFile

    /// The number of times that somebody chose the scope's weights by hand, or erased corrections that they were
    /// trained on.
    func interventions(in scope: Scope) throws(GenerationError) -> Int

    /// Counts an intervention. Weights of the scope that are in training now will not be promoted.
    func intervene(in scope: Scope) throws(GenerationError)

    /// Keeps a generation and makes it serve.
    ///
    /// - Parameter interventions: how many there were when the training began; nil: any number will do.
    /// - Throws: `GenerationError.overtaken` if there were more since, `GenerationError.unwritable`. Then the former
    ///   generation goes on serving.
    func promote(
        _ candidate: GenerationCandidate, over base: BaseModel, interventions: Int?
    ) throws(GenerationError) -> GenerationRecord

    /// Makes an earlier generation serve again; number 0 is the base, or for a writer the shared one.
    ///
    /// - Returns: the one that served.
    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`, `GenerationError.unwritable`.
    func rollback(to name: GenerationName) throws(GenerationError) -> GenerationName

    /// Removes everything of a writer. Weights that are in training now, of the writer or of everyone, will not be promoted.
    func erase(writer: String) throws(GenerationError)

    /// Sets how many generations of the shared scope are kept from now on.
    func keep(_ count: Int)
}

/// A set of weights that passed the gate, and what it was made of.
public struct GenerationCandidate: Sendable {
    /// The scope of the weights.
    public var scope: Scope
    /// The weights as `BaseModel.rounded` gives them, so that serving weights are those of the gate to the last bit.
    public var parameters: [Float]
    /// The generation that it was compared with.
    public var parent: GenerationName
    /// Numbers of the corrections it was trained on.
    public var corrections: [UInt64]
    /// The gate's measurements of them.
    public var figures: GateFigures
    /// Unix µs.
    public var time: Int64

    /// Weights that passed the gate, and what they were made of. `time` is in unix µs.
    public init(
        scope: Scope, parameters: [Float], parent: GenerationName, corrections: [UInt64], figures: GateFigures,
        time: Int64
    ) {
        self.scope = scope
        self.parameters = parameters
        self.parent = parent
        self.corrections = corrections
        self.figures = figures
        self.time = time
    }

    /// The candidate as a generation of this number.
    public func record(number: UInt64, over base: BaseModel) -> GenerationRecord {
        GenerationRecord(
            name: GenerationName(writer: scope.writer, number: number), parent: parent, baseHash: base.hash,
            created: time, corrections: corrections, figures: figures)
    }

    /// The candidate as an archive keeps it.
    public func file(_ record: GenerationRecord, over base: BaseModel) -> GenerationFile {
        let network = base.model.network
        return GenerationFile(
            record: record, parameters: parameters, base: network.parameters, layout: network.layout)
    }
}

extension GenerationArchive {
    /// Generations kept of a writer: the one that serves and the one before.
    public static var keptOfWriter: Int { 2 }

    /// Writers that have generations of their own.
    public func writers() throws(GenerationError) -> [String] { try serving().keys.compactMap(\.writer).sorted() }

    public func current(of scope: Scope) throws(GenerationError) -> UInt64 { try serving()[scope] ?? 0 }

    public func currentFile(of scope: Scope) throws(GenerationError) -> GenerationFile? {
        let number = try current(of: scope)
        return number > 0 ? try file(of: GenerationName(writer: scope.writer, number: number)) : nil
    }

    /// Generations that were trained on any of these corrections.
    public func generations(trainedOn corrections: Set<UInt64>) throws(GenerationError) -> [GenerationName] {
        var found: [GenerationName] = []
        for scope in [Scope.shared] + (try writers().map(Scope.writer)) {
            found += try records(of: scope).filter { !corrections.isDisjoint(with: $0.corrections) }.map(\.name)
        }
        return found
    }

    /// A generation as a model.
    ///
    /// - Parameter base: the shipped model; a generation of an earlier base is put on that one instead, with the decoder of this.
    /// - Throws: `GenerationError.unknown`, `GenerationError.damaged`.
    public func model(of name: GenerationName, over base: BaseModel) throws(GenerationError) -> Model {
        try model(of: file(of: name), over: base)
    }

    /// A generation as a model, from its file.
    ///
    /// - Throws: `GenerationError.damaged`; what `base(_:)` throws for a generation of an earlier base.
    public func model(of file: GenerationFile, over base: BaseModel) throws(GenerationError) -> Model {
        let name = file.record.name
        var model = base.model
        if file.record.baseHash != base.hash {
            let earlier = try self.base(file.record.baseHash)
            do {
                model = try Model(
                    earlier, name: base.model.name, path: file.record.baseHash, decoder: model.decoder,
                    languageModel: model.languageModel, precision: model.network.precision,
                    instructionSet: model.network.instructionSet)
                if let lexicon = base.model.lexicon { model = model.with(lexicon: lexicon) }
            } catch {
                throw .damaged(path: "\(name), base \(file.record.baseHash)")
            }
        }
        let network = model.network
        guard let parameters = file.parameters(base: network.parameters, layout: network.layout),
            let learned = try? Network(
                architecture: network.architecture, parameters: parameters, precision: network.precision,
                instructionSet: network.instructionSet)
        else { throw .damaged(path: "\(name)") }
        return model.with(network: learned)
    }
}

/// The errors of a generation archive.
public enum GenerationError: Error, Equatable, CustomStringConvertible {
    case unknown(GenerationName)
    case damaged(path: String)
    case unwritable(path: String, reason: String)
    case noDirectory(StateFault)
    /// The archive is kept elsewhere, and cannot be reached at present.
    case unavailable(reason: String)
    /// The scope's weights were chosen by hand while its training ran.
    case overtaken(Scope)

    public var description: String {
        switch self {
        case .unknown(let name): "there is no generation \(name); `ductus model list` shows those that are kept"
        case .damaged(let path): "generation \(path) is not whole; roll back to another one"
        case .unwritable(let path, let reason):
            "generations \(path): \(reason); check that the folder can be written and has room"
        case .noDirectory(let fault): "\(fault)"
        case .unavailable(let reason): reason
        case .overtaken(let scope): "what serves \(scope) was changed while its training ran"
        }
    }
}
