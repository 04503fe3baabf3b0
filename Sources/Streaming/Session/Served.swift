import DuctusDecoding
import DuctusNetwork
import DuctusRecognition
import Synchronization

/// A model in use and the name of its generation.
public struct Served: Sendable {
    /// The model of the generation.
    public let model: Model
    /// The generation's name, as events carry it.
    public let generation: LabelEvent.Generation
    /// A 16-bit (bf16) copy of the network. Partials of ink are read with it, because it takes two thirds of the time.
    /// Finals and the spans of sensors are read with the model's own.
    let provisional: Network

    /// A model under a generation's name. It makes the 16-bit copy where partials of this kind of input use one.
    public init(model: Model, generation: LabelEvent.Generation) {
        self.model = model
        self.generation = generation
        let network = model.network
        guard model.input.isReadAnew else {
            provisional = network
            return
        }
        // This cannot fail: the network was made from the same architecture and parameters.
        provisional =
            (try? Network(
                architecture: network.architecture, parameters: network.parameters, precision: .bf16,
                instructionSet: network.instructionSet)) ?? network
    }
}

extension Served {
    private init(model: Model, generation: LabelEvent.Generation, provisional: Network) {
        self.model = model
        self.generation = generation
        self.provisional = provisional
    }

    /// The same weights with other words to expect.
    package func with(personalWords: Lexicon) -> Served {
        Served(model: model.with(personalWords: personalWords), generation: generation, provisional: provisional)
    }
}

/// Gives the weights to read with. Asked once for each segment that opens, and once where it ends, on a lane's thread: it must answer at once.
///
/// A segment keeps the weights that it began with. Where a writer's own come while it is open, its final is read with them.
public protocol ModelStore: AnyObject, Sendable {
    /// The writer's own generation where there is one, else the shared one.
    func current(for writer: String?) -> Served
}

/// One generation for everyone, replaced as a whole.
public final class SharedModel: ModelStore {
    private let served: Mutex<Served>

    /// One model for all writers.
    public init(_ served: Served) {
        self.served = Mutex(served)
    }

    public func current(for writer: String?) -> Served { served.withLock { $0 } }

    /// Segments that open from now on are read with `next`; open ones keep what they began with.
    public func replace(with next: Served) { served.withLock { $0 = next } }
}
