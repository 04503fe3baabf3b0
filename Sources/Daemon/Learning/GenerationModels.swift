import DuctusAdaptation
import DuctusRecognition
import DuctusStreaming
import Synchronization

/// The generations of one pipeline as its lanes ask for them: a writer's own where there is one, else the shared one.
///
/// Guarantees
/// - `current` answers from memory. A writer's weights that are on disk only are asked for once; until they are here the shared ones serve.
/// - At most `capacity` writers' weights are held; those asked for longest ago are dropped first.
package final class GenerationModels: ReplaceableModelStore {
    private struct State {
        var base: BaseModel
        var shared: Served
        var writers: [String: Own] = [:]
        /// Writers with a generation of their own, on disk.
        var known: Set<String> = []
        var asked: Set<String> = []
        var age: UInt64 = 0
        var onMiss: (@Sendable (String) -> Void)?
        var onNewBase: (@Sendable () -> Void)?
    }

    private struct Own {
        var served: Served
        var age: UInt64
    }

    private let state: Mutex<State>
    private let capacity: Int

    package init(base: BaseModel, capacity: Int = 64) {
        self.capacity = capacity
        state = Mutex(State(base: base, shared: Served(model: base.model, generation: .init(number: 0))))
    }

    /// - Parameters:
    ///   - onMiss: called on a lane's thread with a writer whose weights are wanted; they are given with `serve` later.
    ///   - onNewBase: called after the shipped model was replaced.
    package func connect(
        known: [String], onMiss: @escaping @Sendable (String) -> Void, onNewBase: @escaping @Sendable () -> Void
    ) {
        state.withLock { state in
            state.known = Set(known)
            state.onMiss = onMiss
            state.onNewBase = onNewBase
        }
    }

    package var base: BaseModel { state.withLock { $0.base } }

    package func current(for writer: String?) -> Served {
        let (served, missing) = state.withLock { state -> (Served, (@Sendable (String) -> Void)?) in
            guard let writer, state.known.contains(writer) else { return (state.shared, nil) }
            state.age += 1
            if state.writers[writer] != nil {
                state.writers[writer]?.age = state.age
                return (state.writers[writer]?.served ?? state.shared, nil)
            }
            return (state.shared, state.asked.insert(writer).inserted ? state.onMiss : nil)
        }
        if let writer { missing?(writer) }
        return served
    }

    /// Segments of the scope that open from now on are read with `served`.
    package func serve(_ served: Served, to scope: Scope) {
        state.withLock { state in
            guard let writer = scope.writer else {
                state.shared = served
                return
            }
            state.age += 1
            state.asked.remove(writer)
            state.known.insert(writer)
            state.writers[writer] = Own(served: served, age: state.age)
            if state.writers.count > capacity, let oldest = state.writers.min(by: { $0.value.age < $1.value.age }) {
                state.writers[oldest.key] = nil
            }
        }
    }

    /// The writer reads with the shared weights again.
    package func forget(_ writer: String) {
        state.withLock { state in
            state.known.remove(writer)
            state.asked.remove(writer)
            state.writers[writer] = nil
        }
    }

    /// What is learned goes on serving until it was learned anew on the new base.
    package func replace(base: Model) {
        let new = BaseModel(base)
        let notify = state.withLock { state in
            state.base = new
            if state.shared.generation.number == 0 { state.shared = Served(model: base, generation: .init(number: 0)) }
            return state.onNewBase
        }
        notify?()
    }
}

extension LabelEvent.Generation {
    init(_ name: GenerationName) { self.init(writer: name.writer, number: name.number) }
}

extension GenerationName {
    init(_ generation: LabelEvent.Generation) { self.init(writer: generation.writer, number: generation.number) }
}
