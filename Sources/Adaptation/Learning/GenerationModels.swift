import DuctusDecoding
import DuctusRecognition
import DuctusStreaming
import Synchronization

/// The generations of one pipeline as its lanes ask for them: a writer's own where there is one, else the shared one.
///
/// Guarantees
/// - `current` answers from memory. A writer's weights that are in the archive only are wanted once; until they are here the shared ones
///   serve. Those of a writer who was asked for before the archive was known to have them are wanted as soon as it is.
/// - At most `capacity` writers' weights are held; those asked for longest ago are dropped first.
public final class GenerationModels: ModelStore {
    private struct State {
        var base: BaseModel
        var shared: Served
        var writers: [String: Own] = [:]
        /// Writers with a generation of their own in the archive.
        var known: Set<String> = []
        /// The writers among these whose weights were asked for and are not in memory.
        var wanted: Set<String> = []
        /// Writers who were asked for and had none.
        var strangers: Set<String> = []
        /// The lexicons of writers who have words of their own.
        var lexicons: [String: Lexicon] = [:]
        /// The cached weights of writers, with their personal words.
        var expecting: [String: Expecting] = [:]
        var age: UInt64 = 0
        var ageOfLastDrop: UInt64 = 0
        var capacity: Int
        var hasNewBase = false
    }

    private struct Expecting {
        var plain: Model
        var served: Served
    }

    private struct Own {
        var served: Served
        var age: UInt64
    }

    /// Names of writers without weights that are remembered.
    private static let strangerLimit = 16_384

    private let state: Mutex<State>
    /// Something is put here whenever `takeRequests` has news to tell.
    package let requests = Mailbox<Void>(limit: 1)

    /// Models of which only the base is known. `capacity` is how many writers' models stay in memory.
    public init(base: BaseModel, capacity: Int = 64) {
        state = Mutex(
            State(
                base: base, shared: Served(model: base.model, generation: .init(number: 0)), capacity: max(1, capacity))
        )
    }

    /// The model that every generation comes from.
    public var base: BaseModel { state.withLock { $0.base } }

    public func current(for writer: String?) -> Served {
        let (served, isNews) = state.withLock { state -> (Served, Bool) in
            guard let writer else { return (state.shared, false) }
            let (plain, isNews) = Self.plain(for: writer, &state)
            return (Self.expecting(plain, of: writer, &state), isNews)
        }
        if isNews { requests.put(()) }
        return served
    }

    /// The weights that serve a writer, and whether they are wanted for the first time.
    private static func plain(for writer: String, _ state: inout State) -> (Served, isNews: Bool) {
        guard state.known.contains(writer) else {
            if state.strangers.count >= strangerLimit { state.strangers = [] }
            state.strangers.insert(writer)
            return (state.shared, false)
        }
        state.age += 1
        if let own = state.writers[writer] {
            state.writers[writer]?.age = state.age
            return (own.served, false)
        }
        return (state.shared, state.wanted.insert(writer).inserted)
    }

    /// Weights with a writer's words, made once.
    private static func expecting(_ plain: Served, of writer: String, _ state: inout State) -> Served {
        guard let lexicon = state.lexicons[writer] else { return plain }
        if let made = state.expecting[writer], made.plain === plain.model { return made.served }
        let served = plain.with(personalWords: lexicon)
        state.expecting[writer] = Expecting(plain: plain.model, served: served)
        return served
    }

    /// Segments of a writer that open from now on are read with these words, beside the model's own; nil: the model's alone.
    func use(_ lexicon: Lexicon?, of writer: String) {
        state.withLock { state in
            state.lexicons[writer] = lexicon
            state.expecting[writer] = nil
        }
    }

    /// Only these writers have words of their own.
    func forgetWords(but writers: [String]) {
        state.withLock { state in
            state.lexicons = state.lexicons.filter { writers.contains($0.key) }
            state.expecting = [:]
        }
    }

    /// The weights that serve the scope, if they are in memory.
    func held(_ scope: Scope) -> Served? {
        state.withLock { state in scope.writer.map { state.writers[$0]?.served } ?? state.shared }
    }

    /// Writers whose weights are in memory.
    package var heldWriters: [String] { state.withLock { Array($0.writers.keys) } }

    /// Segments of the scope that open from now on are read with `served`, and the finals of open ones where these are a writer's first own weights.
    public func serve(_ served: Served, to scope: Scope) {
        state.withLock { state in
            guard let writer = scope.writer else {
                state.shared = served
                return
            }
            state.age += 1
            state.wanted.remove(writer)
            state.known.insert(writer)
            state.writers[writer] = Own(served: served, age: state.age)
            Self.dropExcess(&state)
        }
    }

    /// The writer reads with the shared weights again.
    public func forget(_ writer: String) {
        state.withLock { state in
            state.known.remove(writer)
            state.wanted.remove(writer)
            state.writers[writer] = nil
        }
    }

    /// The archive has generations of these writers, and of no others.
    public func know(_ writers: some Sequence<String>) {
        let isNews = state.withLock { state in
            state.known = Set(writers)
            state.wanted.formIntersection(state.known)
            state.writers = state.writers.filter { state.known.contains($0.key) }
            let met = state.strangers.intersection(state.known).subtracting(state.writers.keys)
            state.strangers.subtract(state.known)
            state.wanted.formUnion(met)
            return !met.isEmpty
        }
        if isNews { requests.put(()) }
    }

    /// Sets the number of writers whose weights are held.
    public func hold(atMost capacity: Int) {
        state.withLock { state in
            state.capacity = max(1, capacity)
            Self.dropExcess(&state)
        }
    }

    /// Drops the weights of writers who did not write since the last call.
    public func dropUnused() {
        state.withLock { state in
            state.writers = state.writers.filter { $0.value.age > state.ageOfLastDrop }
            state.ageOfLastDrop = state.age
        }
    }

    private static func dropExcess(_ state: inout State) {
        while state.writers.count > state.capacity,
            let oldest = state.writers.min(by: { $0.value.age < $1.value.age })
        {
            state.writers[oldest.key] = nil
        }
    }

    /// Replaces the shipped model. What is learned goes on serving until it was learned anew on the new base.
    public func replace(base: Model) {
        let new = BaseModel(base)
        state.withLock { state in
            state.base = new
            state.hasNewBase = true
            if state.shared.generation.number == 0 { state.shared = Served(model: base, generation: .init(number: 0)) }
        }
        requests.put(())
    }

    /// The writers whose weights are wanted, and whether the base was replaced, since the last call.
    package func takeRequests() -> (writers: [String], hasNewBase: Bool) {
        state.withLock { state in
            defer { state.hasNewBase = false }
            // They stay wanted until they are served or forgotten, so that they are asked for once.
            return (state.wanted.sorted(), state.hasNewBase)
        }
    }
}

extension LabelEvent.Generation {
    package init(_ name: GenerationName) { self.init(writer: name.writer, number: name.number) }
}

extension GenerationName {
    package init(_ generation: LabelEvent.Generation) {
        self.init(writer: generation.writer, number: generation.number)
    }
}
