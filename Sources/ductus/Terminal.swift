import Foundation

/// Messages and progress on standard error. Standard output is for results alone.
enum Terminal {
    /// Whether standard error is a terminal, where a line can be drawn over.
    static let isInteractive = isatty(STDERR_FILENO) == 1

    static func error(_ message: String) {
        FileHandle.standardError.write(Data((message + "\n").utf8))
    }

    /// Draws over the current line of a terminal; does nothing elsewhere.
    static func status(_ line: String) {
        guard isInteractive else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K\(line)".utf8))
    }

    /// Ends a line that `status` drew.
    static func endStatus() {
        guard isInteractive else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
    }
}

/// A bar for work whose amount is known: `[=====>    ] 52 %  …`.
struct ProgressBar {
    let total: Int
    private let width = 28
    private var drawn = ContinuousClock.now - .seconds(1)

    init(total: Int) {
        self.total = max(1, total)
    }

    /// Draws the bar with a remark behind it, at most ten times a second.
    mutating func show(_ done: Int, _ remark: @autoclosure () -> String) {
        let now = ContinuousClock.now
        guard Terminal.isInteractive, done >= total || now - drawn > .milliseconds(100) else { return }
        drawn = now
        let filled = min(width, done * width / total)
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
        Terminal.status("[\(bar)] \(min(100, done * 100 / total)) %  \(remark())")
    }
}

/// `1 h 02 min`, `3 min 20 s`, `12 s`.
func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds.isFinite ? seconds : 0).rounded())
    if whole >= 3600 { return "\(whole / 3600) h \(String(format: "%02d", whole % 3600 / 60)) min" }
    return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
}

/// A fraction as per cent with two decimals.
func percent(_ fraction: Double) -> String {
    String(format: "%.2f %%", fraction * 100)
}

/// One JSON object on one line of standard output.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
