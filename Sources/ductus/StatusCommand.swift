import ArgumentParser
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell how the daemon is doing, and what it reads.")

    @OptionGroup var connection: ConnectOptions

    @Option(help: "Only streams whose name begins so.")
    var prefix = ""

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let client = try connection.control(context: try Context())
        let status = try Self.ask(client, .status(.init())).status
        let streams = try Self.ask(client, .listStreams(.with { $0.prefix = prefix })).listStreams
        if json {
            try printJSON(StatusOutput(status, streams.streams))
        } else {
            print(Self.text(status, streams))
        }
    }

    /// One request and its reply.
    ///
    /// - Throws: `ControlFailure` where the daemon refuses.
    static func ask(_ client: ControlClient, _ body: WireControlRequest.OneOf_Body) throws -> WireControlReply {
        let reply = try WireControlReply(
            wire: client.request(WireControlRequest(id: 1, body).wire(), milliseconds: 3000))
        _ = try reply.answer()
        return reply
    }

    private static func text(_ status: WireStatusReply, _ list: WireListStreamsReply) -> String {
        var lines: [String] = []
        let up = Date().timeIntervalSince1970 - Double(status.started) / 1e6
        lines.append(
            "ductusd \(status.release), \(status.ready ? "ready" : "starting"), up \(duration(up)), \(status.streams) streams, "
                + "\(status.residentBytes >> 20) MiB, kernels \(status.instructionSet)")
        for part in status.degraded { lines.append("! \(part)") }
        for pipeline in status.pipelines {
            lines.append(
                "pipeline \(pipeline.name): \(pipeline.input), model \(pipeline.model) generation \(pipeline.generation.number), hop \(pipeline.hopMs) ms"
                    + (pipeline.lookaheadMs == 0 ? "" : ", lookahead \(pipeline.lookaheadMs) ms"))
        }
        for lane in status.lanes {
            lines.append(
                "lane \(lane.number): \(lane.streams) streams, \(lane.queued) queued, \(lane.windows) windows, "
                    + "\(lane.skippedPartials) partials skipped, partial "
                    + String(format: "%.1f ms median, %.1f ms at 99 %%", lane.p50Ms, lane.p99Ms))
        }
        let counters = status.counters.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        if !counters.isEmpty { lines.append(counters.map { "\($0.key) \($0.value)" }.joined(separator: ", ")) }
        for stream in list.streams {
            lines.append(
                "\(stream.open ? "✎" : " ") \(stream.name)  \(stream.samples) samples, \(stream.segments) segments, "
                    + "\(stream.gaps) lost, \(stream.memoryBytes >> 10) KiB\(stream.writer.isEmpty ? "" : ", \(stream.writer)")  \(stream.text)"
            )
        }
        if list.more { lines.append("… more; narrow with --prefix") }
        return lines.joined(separator: "\n")
    }
}

/// The output of `status --json`.
struct StatusOutput: Encodable {
    struct Pipeline: Encodable {
        var name, input, model: String
        var generation: UInt64
        var hop_ms, lookahead_ms: UInt32
    }

    struct Lane: Encodable {
        var number, streams, queued: UInt32
        var windows, skipped_partials: UInt64
        var p50_ms, p99_ms: Float
    }

    struct Stream: Encodable {
        var name, pipeline, writer, device, text: String
        var lane: UInt32
        var segment, samples, segments, lost_packets, dirty_samples, memory_bytes: UInt64
        var open: Bool
        var last_activity: Int64
    }

    var release, instruction_set: String
    var started: Int64
    var ready: Bool
    var degraded, endpoints: [String]
    var resident_bytes: UInt64
    var counters: [String: UInt64]
    var pipelines: [Pipeline]
    var lanes: [Lane]
    var streams: [Stream]

    init(_ status: WireStatusReply, _ streams: [WireStreamStatus]) {
        release = status.release
        instruction_set = status.instructionSet
        started = status.started
        ready = status.ready
        degraded = status.degraded
        endpoints = status.endpoints
        resident_bytes = status.residentBytes
        counters = status.counters
        pipelines = status.pipelines.map {
            Pipeline(
                name: $0.name, input: $0.input, model: $0.model, generation: $0.generation.number, hop_ms: $0.hopMs,
                lookahead_ms: $0.lookaheadMs)
        }
        lanes = status.lanes.map {
            Lane(
                number: $0.number, streams: $0.streams, queued: $0.queued, windows: $0.windows,
                skipped_partials: $0.skippedPartials, p50_ms: $0.p50Ms, p99_ms: $0.p99Ms)
        }
        self.streams = streams.map {
            Stream(
                name: $0.name, pipeline: $0.pipeline, writer: $0.writer, device: $0.device, text: $0.text,
                lane: $0.lane,
                segment: $0.segment, samples: $0.samples, segments: $0.segments, lost_packets: $0.gaps,
                dirty_samples: $0.dirty,
                memory_bytes: $0.memoryBytes, open: $0.open, last_activity: $0.lastActivity)
        }
    }
}
