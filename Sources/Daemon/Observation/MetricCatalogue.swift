import Metrics

/// Every metric that the daemon gives out. Dashboards and alert rules may name these and no others.
///
/// No metric is labeled by stream or client: their number is unbounded.
package enum MetricCatalogue: String, CaseIterable, Sendable {
    // What comes in
    case packetsReceived = "ductus_packets_received_total"
    case bytesReceived = "ductus_received_bytes_total"
    case dropped = "ductus_dropped_total"
    case gapPackets = "ductus_gap_packets_total"
    case dirtySamples = "ductus_dirty_samples_total"
    case clockJumps = "ductus_clock_jumps_total"
    case rateChanges = "ductus_rate_changes_total"
    case peersAdmitted = "ductus_peers_admitted_total"
    case peersRefused = "ductus_peers_refused_total"
    case connections = "ductus_connections"
    // Streams
    case streams = "ductus_streams"
    case streamMemory = "ductus_stream_memory_bytes"
    case queueDepth = "ductus_lane_queue_depth"
    case windows = "ductus_windows_total"
    case skippedPartials = "ductus_skipped_partials_total"
    // What goes out
    case partials = "ductus_partials_total"
    case finals = "ductus_finals_total"
    case partialLatency = "ductus_partial_latency_seconds"
    case finalLatency = "ductus_final_latency_seconds"
    case stage = "ductus_stage_seconds"
    // The door
    case httpAnswers = "ductus_http_answers_total"
    case httpRefused = "ductus_http_refused_total"
    case httpConnections = "ductus_http_connections"
    case httpSockets = "ductus_http_sockets"
    // Learning
    case generation = "ductus_generation"
    case corrections = "ductus_corrections_total"
    case trials = "ductus_trials_total"
    case trialDuration = "ductus_trial_seconds"
    // The cell
    case cellSlots = "ductus_cell_slots"
    case cellTakeOvers = "ductus_cell_takeovers_total"
    case cellFenced = "ductus_cell_fenced_writes_total"
    case cellDatabase = "ductus_cell_database_seconds"
    case cellDatabaseFailures = "ductus_cell_database_failures_total"
    // The service
    case ready = "ductus_ready"
    case degraded = "ductus_degraded"
    case reloads = "ductus_reloads_total"
    case residentMemory = "process_resident_memory_bytes"
    case virtualMemory = "process_virtual_memory_bytes"
    case openDescriptors = "process_open_fds"
    case descriptorLimit = "process_max_fds"
    case processorTime = "process_cpu_seconds_total"
    case startTime = "process_start_time_seconds"
    case threads = "process_threads"

    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package var kind: Kind { description.kind }
    package var help: String { description.help }
    /// Names of the labels, in the order in which they are written.
    package var labels: [String] { description.labels }

    private var description: (kind: Kind, labels: [String], help: String) {
        switch self {
        case .packetsReceived: (.counter, ["input"], "Packets received from pens (ink) and other sensors (features).")
        case .bytesReceived: (.counter, [], "Bytes received on all sockets.")
        case .dropped: (.counter, ["reason"], "Messages and labels given up, by reason.")
        case .gapPackets: (.counter, [], "Packets that publishers sent and that never arrived, by sequence number.")
        case .dirtySamples: (.counter, [], "Samples thrown away as impossible.")
        case .clockJumps: (.counter, [], "Places at which a sensor's clock jumped, in segments that are over.")
        case .rateChanges: (.counter, [], "Places at which a sensor changed its rate, in segments that are over.")
        case .peersAdmitted: (.counter, [], "Connections let in by the authenticator.")
        case .peersRefused: (.counter, [], "Connections turned away by the authenticator.")
        case .connections: (.gauge, [], "Connections over ZeroMQ.")
        case .streams: (.gauge, ["lane"], "Streams being read.")
        case .streamMemory: (.gauge, ["lane"], "Bytes held for streams.")
        case .queueDepth: (.gauge, ["lane", "kind"], "Work that waits in a lane: due partials, finals.")
        case .windows: (.counter, ["lane"], "Windows run through a network.")
        case .skippedPartials: (.counter, ["lane"], "Partials skipped under load.")
        case .partials: (.counter, ["lane"], "Partials published.")
        case .finals: (.counter, ["lane"], "Finals published.")
        case .partialLatency:
            (.histogram, [], "From the arrival of the sample that made a window due to its partial being published.")
        case .finalLatency: (.histogram, [], "From the decision that a segment ended to its final being published.")
        case .stage:
            (
                .histogram, ["stage"],
                "Time in the stages around the lanes: intake (socket to lane, per batch), publish (lane to socket, per event)."
            )
        case .httpAnswers: (.counter, ["status"], "Requests answered over HTTP, by the class of their status.")
        case .httpRefused: (.counter, ["reason"], "HTTP requests and connections turned away, by the rule that did.")
        case .httpConnections: (.gauge, [], "HTTP connections that are open.")
        case .httpSockets: (.gauge, [], "WebSockets that are open.")
        case .generation: (.gauge, ["pipeline"], "Number of the shared generation of weights in use; 0 is the base.")
        case .corrections: (.counter, ["outcome"], "Corrections by outcome: journaled, or why refused.")
        case .trials: (.counter, ["scope", "outcome"], "Trained generations by the gate's verdict.")
        case .trialDuration: (.histogram, ["scope"], "Time from the start of a training run to the gate's verdict.")
        case .cellSlots: (.gauge, [], "Slots that this daemon of a cell owns, of 1024.")
        case .cellTakeOvers: (.counter, [], "Slots that came to this daemon of a cell.")
        case .cellFenced:
            (.counter, [], "Writes that the cell's database refused because the slot was another daemon's.")
        case .cellDatabase: (.histogram, [], "Time of a transaction in the cell's database.")
        case .cellDatabaseFailures: (.counter, [], "Transactions in the cell's database that failed.")
        case .ready: (.gauge, [], "1 once the models are warm and the sockets listen.")
        case .degraded: (.gauge, ["part"], "1 while a part does not work; recognition goes on.")
        case .reloads: (.counter, ["outcome"], "Reloads of the configuration.")
        case .residentMemory: (.gauge, [], "Resident memory size in bytes.")
        case .virtualMemory: (.gauge, [], "Virtual memory size in bytes.")
        case .openDescriptors: (.gauge, [], "Open file descriptors.")
        case .descriptorLimit: (.gauge, [], "Largest number of open file descriptors.")
        case .processorTime: (.counter, [], "User and system processor time in seconds.")
        case .startTime: (.gauge, [], "Start of the process, Unix time in seconds.")
        case .threads: (.gauge, [], "Threads of the process.")
        }
    }

    /// Upper bounds of the buckets of a histogram, in seconds; +Inf follows.
    package var buckets: [Double] {
        switch self {
        case .trialDuration: [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300]
        default: [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
        }
    }

    /// Names under which Prometheus finds it.
    package var seriesNames: [String] {
        kind == .histogram ? ["_bucket", "_sum", "_count"].map { rawValue + $0 } : [rawValue]
    }

    /// - Parameter values: One for each of `labels`.
    package func counter(_ values: String..., from factory: any MetricsFactory) -> Counter {
        Counter(label: rawValue, dimensions: dimensions(values), factory: factory)
    }

    package func gauge(_ values: String..., from factory: any MetricsFactory) -> Gauge {
        Gauge(label: rawValue, dimensions: dimensions(values), factory: factory)
    }

    package func timer(_ values: String..., from factory: any MetricsFactory) -> Metrics.Timer {
        Metrics.Timer(label: rawValue, dimensions: dimensions(values), factory: factory)
    }

    private func dimensions(_ values: [String]) -> [(String, String)] {
        precondition(values.count == labels.count, "\(rawValue) has the labels \(labels)")
        return Array(zip(labels, values))
    }
}
