import ArgumentParser
import DuctusTransportZeroMQ
import DuctusWire

struct CorrectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "correct", abstract: "Tell the daemon what a segment really says.",
        discussion: """
            The number of a segment is in its final: ductus watch shows it. When this command ends, the correction is on disk.

            Where a pipeline labels every frame, TEXT is a label for the whole segment, or labels with their times in seconds from the \
            segment's begin: ductus correct wrist 7 "WALK@0-12.5 REST@12.5-20"
            """)

    @OptionGroup var connection: ConnectOptions

    @Argument(help: "The stream, as in labels.STREAM.")
    var stream: String

    @Argument(help: "The segment's number.")
    var segment: UInt64

    @Argument(help: "What it says.")
    var text: String

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var correction: UInt64
        var writer: String
        var quarantined: Bool
    }

    /// Asks the daemons of a cell one after another: who has read the segment knows it.
    static func ask(_ clients: [ControlClient], _ request: WireCorrectRequest) throws -> WireCorrectReply {
        var refusal: (any Error)?
        for client in clients {
            do {
                return try StatusCommand.ask(client, .correct(request)).correct
            } catch let error as ControlFailure where error.code == .unknownSegment {
                refusal = refusal ?? error
            } catch let error where clients.count > 1 {
                // If one daemon cannot be asked, that is the error to report, not that another does not know the
                // segment.
                refusal = error
            }
        }
        throw refusal ?? CommandFailure("there is no daemon to ask")
    }

    func run() throws {
        let request = WireCorrectRequest.with {
            $0.stream = stream
            $0.segment = segment
            $0.text = text
        }
        let reply = try Self.ask(try connection.controls(context: try Context()), request)
        if json {
            let report = Report(correction: reply.correction, writer: reply.writer, quarantined: reply.quarantined)
            return try printJSON(report)
        }
        print("correction \(reply.correction)\(reply.writer.isEmpty ? "" : " of \(reply.writer)") is in the journal")
        guard reply.quarantined else { return }
        print(
            "It is quarantined: it contradicts what is read with confidence. Nothing is learned from it until better weights agree with it."
        )
    }
}
