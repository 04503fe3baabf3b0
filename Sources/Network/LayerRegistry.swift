import Synchronization

/// The kinds of layer that an architecture may name.
///
/// The built-in ones are always there; other modules add theirs before they read a file that names them.
public enum LayerRegistry {
    private static let kinds = Mutex(
        Dictionary(uniqueKeysWithValues: builtIn.map { ($0.name, $0) }))

    private static let builtIn: [any LayerKind.Type] = [
        Convolution1D.self, Recurrent.self, Linear.self, LogSoftmax.self, Sum.self, Concatenation.self, Embedding.self,
        LayerNorm.self, InstanceNorm.self, TransposedConvolution1D.self, IndyLSTM.self, LSTMP.self, Attention.self,
        ConditionalRandomField.self,
    ]

    /// Adds a kind; one of the same name is replaced.
    public static func register(_ kind: any LayerKind.Type) {
        kinds.withLock { $0[kind.name] = kind }
    }

    /// The kind of that name.
    public static subscript(name: String) -> (any LayerKind.Type)? {
        kinds.withLock { $0[name] }
    }

    /// All names, sorted.
    public static var names: [String] {
        kinds.withLock { $0.keys.sorted() }
    }
}
