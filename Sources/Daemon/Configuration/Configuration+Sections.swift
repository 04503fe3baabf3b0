import DuctusTransportZeroMQ
import DuctusWire

extension Configuration {
    /// The directories; nil: found by `Locations`.
    package struct Directories: ConfigurationSection {
        package var runtime: String?
        package var state: String?
        package var models: String?

        package init() {}

        static let fields: [Field<Directories>] = [
            .value("runtime", \.runtime, Notation.path.optional("auto"), .restart),
            .value("state", \.state, Notation.path.optional("auto"), .restart),
            .value("models", \.models, Notation.path.optional("auto"), .restart),
        ]
    }

    /// The endpoints at which the daemon listens. An ipc path without a leading `/` lies in the runtime directory.
    package struct Endpoints: ConfigurationSection {
        /// Pens publish here.
        package var ink = [Endpoint(ipc: "ink")]
        /// Other sensors publish here.
        package var features = [Endpoint(ipc: "features")]
        /// The daemon publishes labels, suggestions for review and events here.
        package var labels = [Endpoint(ipc: "labels")]
        /// Requests: status, corrections, models.
        package var control = [Endpoint(ipc: "control")]

        package init() {}

        static let fields: [Field<Endpoints>] = [
            .list("ink", \.ink, .endpoint, .restart),
            .list("features", \.features, .endpoint, .restart),
            .list("labels", \.labels, .endpoint, .restart),
            .list("control", \.control, .endpoint, .restart),
        ]

        /// The endpoints of each kind of input.
        var inputs: [(codec: InputCodec, endpoints: [Endpoint])] {
            [(.ink, ink), (.features, features)]
        }
    }

    /// The limits of the daemon as a whole.
    package struct Limits: ConfigurationSection {
        /// Bytes of the largest message.
        package var message = 1 << 20
        package var streams = 4096
        /// Messages that wait for a lane.
        package var queue = 65_536
        /// Bytes that one stream may keep.
        package var streamMemory = 8 << 20
        /// Seconds without a packet after which a stream is forgotten.
        package var idleStream = 600.0
        /// Seconds that the end may take before what is left is given up.
        package var shutdown = 4.0

        package init() {}

        static let fields: [Field<Limits>] = [
            .value("message", \.message, .bytes, in: 1024...64 << 20, .restart),
            .value("streams", \.streams, .integer, in: 1...1_000_000, .restart),
            .value("queue", \.queue, .integer, in: 16...16_777_216, .restart),
            .value("stream_memory", \.streamMemory, .bytes, in: 64 << 10...1 << 30, .restart),
            .value("idle_stream", \.idleStream, .seconds, in: 1...604_800, .restart),
            .value("shutdown", \.shutdown, .seconds, in: 0.1...60, .restart),
        ]
    }

    /// The quotas of one client. A client is a CURVE key, or a user of this machine on ipc.
    package struct Quotas: ConfigurationSection {
        package var streams = 512
        package var bytesPerSecond = 8 << 20
        package var correctionsPerMinute = 60
        /// Connections over ZeroMQ: of a user of this machine, or of an address.
        package var connections = 8192

        package init() {}

        static let fields: [Field<Quotas>] = [
            .value("streams", \.streams, .integer, in: 1...1_000_000, .live),
            .value("bytes_per_second", \.bytesPerSecond, .bytes, in: 1024...1 << 34, .live),
            .value("corrections_per_minute", \.correctionsPerMinute, .integer, in: 1...100_000, .live),
            .value("connections", \.connections, .integer, in: 4...1_000_000, .live),
        ]
    }

    package struct Security: ConfigurationSection {
        /// A file with the daemon's secret CURVE key, made by `ductus keygen --server`.
        package var serverKey: String?
        /// The allow-list of client keys.
        package var clients: String?
        /// The writers as whom users of this machine may write and correct, over ipc.
        package var localWriters = LocalWriters.any

        package enum LocalWriters: String, CaseIterable, Sendable {
            /// Any writer: they are trusted as the group of the sockets is.
            case any
            /// The writer of the user's own name, and those whose names begin with it and a hyphen.
            case own
        }

        package init() {}

        static let fields: [Field<Security>] = [
            .value("server_key", \.serverKey, Notation.path.optional("none"), .restart),
            .value("clients", \.clients, Notation.path.optional("none"), .live),
            .value("local_writers", \.localWriters, .choice, .live),
        ]
    }

    /// Learning from corrections.
    package struct AdaptationSettings: ConfigurationSection {
        package var enabled = true
        /// Corrections are kept for this many seconds.
        package var journalRetention = 365 * 86400.0
        /// The largest rise of the shared generation's character error rate on the canary lines, a difference of
        /// fractions.
        package var canaryMargin = 0.002
        /// The least relative improvement of held-out corrections.
        package var leastGain = 0.0
        /// An operator's own labeled ink to measure a shared generation on.
        package var canary: String?
        /// Whether confident, uncorrected finals of this machine are kept for rehearsal.
        package var reservoir = false
        package var correctionsPerWriterMinute = 30
        /// Generations kept of each scope, besides the base.
        package var generationsKept = 8
        /// Writers whose own weights are held in memory at once.
        package var writersInMemory = 64
        /// The niceness of the learner's thread.
        package var niceness = 10
        /// Threads that train, all of them at that niceness.
        package var threads = 2

        package init() {}

        static let fields: [Field<AdaptationSettings>] = [
            .value("enabled", \.enabled, .yesOrNo, .restart),
            .value("journal_retention", \.journalRetention, .seconds, in: 3600...3_650 * 86400, .live),
            .value("canary_margin", \.canaryMargin, .number, in: 0...1, .live),
            .value("least_gain", \.leastGain, .number, in: 0...1, .live),
            .value("canary", \.canary, Notation.path.optional("none"), .restart),
            .value("reservoir", \.reservoir, .yesOrNo, .restart),
            .value("corrections_per_writer_minute", \.correctionsPerWriterMinute, .integer, in: 1...10_000, .live),
            .value("generations_kept", \.generationsKept, .integer, in: 1...1000, .live),
            .value("writers_in_memory", \.writersInMemory, .integer, in: 1...10_000, .live),
            .value("niceness", \.niceness, .integer, in: 0...19, .restart),
            .value("threads", \.threads, .integer, in: 1...64, .restart),
        ]
    }

    package struct LoggingSettings: ConfigurationSection {
        package enum Level: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }
        package enum Format: String, CaseIterable, Sendable { case auto, journal, text }

        package var level = Level.info
        package var format = Format.auto
        /// Entries about one and the same fault; more are counted and told in one.
        package var faultsPerMinute = 6

        package init() {}

        static let fields: [Field<LoggingSettings>] = [
            .value("level", \.level, .choice, .live),
            .value("format", \.format, .choice, .restart),
            .value("faults_per_minute", \.faultsPerMinute, .integer, in: 1...6000, .restart),
        ]
    }
}
