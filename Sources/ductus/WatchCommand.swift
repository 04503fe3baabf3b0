import ArgumentParser
import DuctusClient
import DuctusStreaming
import DuctusTransportZeroMQ
import Foundation

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show what the daemon reads, while the pens still move.")

    @Argument(help: "Streams to show. Default: all.")
    var streams: [String] = []

    @OptionGroup var connection: ConnectOptions

    @Flag(help: "One JSON object per event.")
    var json = false

    func run() throws {
        let prefixes = streams.isEmpty ? ["labels."] : streams.map { "labels.\($0)" }
        let context = try Context()
        let feed = LabelFeed(try connection.subscriber(to: prefixes, context: context))
        var board = LiveBoard()
        while true {
            guard let event = try feed.next(milliseconds: 1000) else { continue }
            // A subscription is a prefix: p1 also brings p10.
            guard streams.isEmpty || streams.contains(event.stream.text) else { continue }
            if json {
                try printJSON(LabelEventOutput(event))
                fflush(nil)
            } else {
                board.show(event)
            }
        }
    }
}

/// Open segments at the bottom of the terminal, one line each, committed text bright and the open tail dim; finals scroll away above
/// them. Elsewhere than on a terminal, finals alone, `stream<TAB>text`.
struct LiveBoard {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var open: [StreamName: LabelEvent] = [:]
    private var drawn = 0

    mutating func show(_ event: LabelEvent) {
        guard isTerminal else {
            if event.state == .final { print("\(event.stream)\t\(event.text)") }
            fflush(nil)
            return
        }
        var output = drawn > 0 ? "\u{1b}[\(drawn)A\u{1b}[J" : ""
        if event.state == .final {
            open[event.stream] = nil
            output += "\u{1b}[36m\(event.stream)\u{1b}[0m  \(event.text)\(remarks(on: event))\n"
        } else {
            open[event.stream] = event
        }
        let (rows, columns) = Self.size
        let shown = open.values.sorted { $0.stream < $1.stream }.prefix(max(1, rows - 2))
        for event in shown { output += line(event, columns: columns) + "\n" }
        drawn = shown.count
        FileHandle.standardOutput.write(Data(output.utf8))
    }

    private func remarks(on event: LabelEvent) -> String {
        var remarks: [String] = []
        let counts = [
            (event.gaps.packets, "packets lost"), (event.gaps.dirtySamples, "samples dirty"),
            (event.gaps.clockJumps, "jumps of the clock"),
            (event.gaps.rateChanges, "changes of the rate"),
        ]
        for (count, what) in counts where count > 0 { remarks.append("\(count) \(what)") }
        let sure = event.symbols.reduce(Float(0)) { $0 + $1.confidence } / Float(max(1, event.symbols.count))
        remarks.append(String(format: "%.0f %%", sure * 100))
        return "  \u{1b}[2m\(remarks.joined(separator: ", "))\u{1b}[0m"
    }

    /// Text that does not fit is cut at the left, because the pen is at the right.
    private func line(_ event: LabelEvent, columns: Int) -> String {
        let room = max(8, columns - event.stream.text.count - 3)
        let scalars = Array(event.text.unicodeScalars)
        let first = max(0, scalars.count - room)
        let split = max(first, min(event.committed, scalars.count))
        func text(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
        return
            "\u{1b}[36m\(event.stream)\u{1b}[0m  \u{1b}[1m\(text(first..<split))\u{1b}[0m\u{1b}[2m\(text(split..<scalars.count))\u{1b}[0m▏"
    }

    private static var size: (rows: Int, columns: Int) {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else { return (24, 80) }
        return (Int(window.ws_row), Int(window.ws_col))
    }
}
